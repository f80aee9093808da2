"""How far a computation is: told by whoever computes, heard by whoever runs it."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

Listener = Callable[[float, str | None], None]

_listener: Listener | None = None
_span = (0.0, 1.0)


def listen(callback: Listener | None) -> None:
    """Pass what is reported from now on to `callback`; None stops it."""
    global _listener  # noqa: PLW0603  # one process runs one computation
    _listener = callback


def report(share: float, line: str | None = None) -> None:
    """Tell that `share` (0 to 1) is done and, if there is one, a line for the log."""
    if _listener:
        start, end = _span
        _listener(start + (end - start) * min(max(share, 0.0), 1.0), line)


@contextmanager
def within(start: float, end: float) -> Generator[None]:
    """Let what is reported inside be the part from `start` to `end` of the whole."""
    global _span  # noqa: PLW0603  # as above
    outer = _span
    width = outer[1] - outer[0]
    _span = (outer[0] + width * start, outer[0] + width * end)
    try:
        yield
    finally:
        _span = outer
