"""Passwords: Argon2id over a keyed hash, where it cannot starve those who answer.

Those that were hashed elsewhere, by bcrypt, are verified once and hashed anew.
"""

import asyncio
import hashlib
import hmac
import os
import re
import unicodedata
from collections.abc import AsyncGenerator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from compute import passwords as hashing
from resolvers.errors import Busy

AT_ONCE = max(1, min(2, (os.cpu_count() or 1) // 2))
"""Passwords that are hashed at a time, each in 19 MiB: half of the processors do."""
WAITING = 64
"""Passwords that may wait; for more the server is busy."""
LONGEST = 128
"""Characters of a password."""
BCRYPT = re.compile(r"\$2[aby]\$(0[4-9]|1[0-4])\$[./A-Za-z0-9]{53}")
"""A hash of bcrypt, of no more effort than a login may cost."""
Apart = Callable[..., Awaitable[Any]]
"""Has a function done elsewhere; it is given the function and what that is given."""
TRYING = 2
"""Passwords that are tried at a time, with all that comes before and after."""
CROWDED = "too many people are signing in; try again in a moment"


class Tries:
    """Turns of those who try passwords, so that a flood of them comes as a trickle."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(TRYING)
        self._here = 0

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[None]:
        """Wait for a turn, and have it. Raises Busy where too many wait."""
        if self._here >= WAITING:
            raise Busy(CROWDED)
        self._here += 1
        try:
            async with self._turns:
                yield
        finally:
            self._here -= 1


class Passwords:
    """Hashes and verifies, in threads if it is not said where."""

    def __init__(self, pepper: bytes, apart: Apart | None = None) -> None:
        self._pepper = pepper
        self._threads = ThreadPoolExecutor(AT_ONCE, "passwords")
        self._apart = apart or self._threaded
        self._waiting = 0

    async def hashed(self, password: str) -> str:
        """What is stored of a password."""
        return await self._done(hashing.hashed, self._peppered(password))

    async def verified(self, stored: str | None, password: str) -> bool:
        """Whether it is the password. To find out takes as long for nobody's."""
        if len(password) > LONGEST:
            stored, password = None, ""
        if stored and imported(stored):
            return await self._done(hashing.imported, stored, password)
        return await self._done(hashing.verified, stored, self._peppered(password))

    def outdated(self, stored: str) -> bool:
        """Whether the hash was made elsewhere, or with less effort than is usual."""
        return imported(stored) or hashing.HASHER.check_needs_rehash(stored)

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)

    def _peppered(self, password: str) -> str:
        normal = unicodedata.normalize("NFC", password).encode()
        return hmac.new(self._pepper, normal, hashlib.sha256).hexdigest()

    async def _done(self, function: Callable[..., Any], *given: Any) -> Any:
        if self._waiting >= WAITING:
            raise Busy(CROWDED)
        self._waiting += 1
        try:
            return await self._apart(function, *given)
        finally:
            self._waiting -= 1

    async def _threaded(self, function: Callable[..., Any], *given: Any) -> Any:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, function, *given)


def imported(stored: str) -> bool:
    """Whether a hash is one of bcrypt, made where accounts come from."""
    return BCRYPT.fullmatch(stored) is not None
