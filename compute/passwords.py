"""Passwords as they are hashed: by Argon2id, or by bcrypt where they came with it."""

from functools import cache

import bcrypt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
READ = 72
"""Bytes of a password that bcrypt looks at."""


def hashed(text: str) -> str:
    """What is stored of a text."""
    return HASHER.hash(text)


def verified(stored: str | None, text: str) -> bool:
    """Whether it is what was hashed. For nobody's, to find out takes as long."""
    another = _nobodys()
    try:
        HASHER.verify(stored or another, text)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def imported(stored: str, password: str) -> bool:
    """Whether bcrypt takes a password for the one. It is as it was typed, unmixed."""
    try:
        return bcrypt.checkpw(password.encode()[:READ], stored.encode())
    except ValueError:  # its salt is none
        return False


@cache
def _nobodys() -> str:
    return HASHER.hash("nobody's")
