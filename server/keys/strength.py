"""Secrets that nobody guesses."""

from server.failures import Failure

SHORTEST = 32
VARIED = 8
"""Different characters that a secret has, at least."""
PLACEHOLDERS = (
    "change",
    "default",
    "example",
    "heliograph",
    "insecure",
    "password",
    "placeholder",
    "qwerty",
    "replace",
    "secret",
    "testing",
    "todo",
    "your",
)
"""Words of secrets that were copied out of some manual."""


def sturdy(name: str, text: str) -> bytes:
    """A secret as bytes. Raises Failure, which names it and what is weak about it."""
    if len(text.encode()) < SHORTEST:
        raise Failure(f"{name} is weak: it has fewer than {SHORTEST} bytes")
    if len(set(text)) < VARIED or text in (text + text)[1:-1]:
        raise Failure(f"{name} is weak: it repeats itself")
    if word := next((one for one in PLACEHOLDERS if one in text.lower()), None):
        raise Failure(f"{name} is weak: it contains {word!r}, as placeholders do")
    return text.encode()
