"""What a command says to whoever ran it."""

import sys


def say(text: str) -> None:
    """One line, at once, also where the output is a file."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
