"""Passwords: Argon2id over a keyed hash, in threads that cannot starve the loop."""

import asyncio
import hashlib
import hmac
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from resolvers.errors import Busy

T = TypeVar("T")
WAITING = 64
"""Passwords that may wait to be hashed; for more the server is busy."""
LONGEST = 128
"""Characters of a password."""


class Passwords:
    """Hashes and verifies. A hash costs 19 MiB of memory, so only two run at once."""

    def __init__(self, pepper: bytes) -> None:
        self._pepper = pepper
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        self._threads = ThreadPoolExecutor(2, "passwords")
        self._waiting = 0
        self._nobody: str | None = None

    async def hashed(self, password: str) -> str:
        """What is stored of a password."""
        return await self._apart(lambda: self._hasher.hash(self._peppered(password)))

    async def verified(self, stored: str | None, password: str) -> bool:
        """Whether it is the password. To find out takes as long for nobody's."""
        return await self._apart(lambda: self._verify(stored, password))

    def outdated(self, stored: str) -> bool:
        """Whether the hash was made with less effort than is usual now."""
        return self._hasher.check_needs_rehash(stored)

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)

    def _verify(self, stored: str | None, password: str) -> bool:
        if len(password) > LONGEST:
            stored, password = None, ""
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
