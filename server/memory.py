"""What a server does so that the search for garbage does not hold its answers up."""

import gc

YOUNG = 50_000
"""New objects after which cycles are looked for among them; Python's own is 700."""
OLDER, OLDEST = 20, 50
"""How many such looks come before one among the older objects, and the oldest."""


def settle() -> None:
    """Once all is loaded: never look at it again, and at what is new less often.

    An answer is made of thousands of objects that are gone with it, without any
    search. To look through them time and again took half of what an answer took.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, OLDER, OLDEST)
