"""Passwords: Argon2id over a keyed hash, in threads that cannot starve the loop.

Those that were hashed elsewhere, by bcrypt, are verified once and hashed anew.
"""

import asyncio
import hashlib
import hmac
import os
import re
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

import bcrypt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from resolvers.errors import Busy

T = TypeVar("T")
WAITING = 64
"""Passwords that may wait to be hashed; for more the server is busy."""
GIVING_WAY = 10
"""How nice the threads are that hash: a flood of logins takes what others leave."""
LONGEST = 128
"""Characters of a password."""
BCRYPT = re.compile(r"\$2[aby]\$(0[4-9]|1[0-4])\$[./A-Za-z0-9]{53}")
"""A hash of bcrypt, of no more effort than a login may cost."""
READ = 72
"""Bytes of a password that bcrypt looks at."""


class Passwords:
    """Hashes and verifies. A hash costs 19 MiB of memory, so only two run at once."""

    def __init__(self, pepper: bytes) -> None:
        self._pepper = pepper
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        self._threads = ThreadPoolExecutor(2, "passwords", _give_way)
        self._waiting = 0
        self._nobody: str | None = None

    async def hashed(self, password: str) -> str:
        """What is stored of a password."""
        return await self._apart(lambda: self._hasher.hash(self._peppered(password)))

    async def verified(self, stored: str | None, password: str) -> bool:
        """Whether it is the password. To find out takes as long for nobody's."""
        return await self._apart(lambda: self._verify(stored, password))

    def outdated(self, stored: str) -> bool:
        """Whether the hash was made elsewhere, or with less effort than is usual."""
        return imported(stored) or self._hasher.check_needs_rehash(stored)

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)

    def _verify(self, stored: str | None, password: str) -> bool:
        if len(password) > LONGEST:
            stored, password = None, ""
        if stored and imported(stored):
            return _checked(stored, password)
        if self._nobody is None:
            self._nobody = self._hasher.hash("nobody's")
        try:
            self._hasher.verify(stored or self._nobody, self._peppered(password))
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None

    def _peppered(self, password: str) -> str:
        normal = unicodedata.normalize("NFC", password).encode()
        return hmac.new(self._pepper, normal, hashlib.sha256).hexdigest()

    async def _apart(self, work: Callable[[], T]) -> T:
        if self._waiting >= WAITING:
            raise Busy("too many people are signing in; try again in a moment")
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1


def _give_way() -> None:
    """Have this thread of the process wait for those that answer somebody."""
    with suppress(OSError):  # not every system tells threads apart
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), GIVING_WAY)


def imported(stored: str) -> bool:
    """Whether a hash is one of bcrypt, made where accounts come from."""
    return BCRYPT.fullmatch(stored) is not None


def _checked(stored: str, password: str) -> bool:
    """Whether bcrypt takes a password for the one. It is as it was typed, unmixed."""
    try:
        return bcrypt.checkpw(password.encode()[:READ], stored.encode())
    except ValueError:  # its salt is none
        return False
