"""Answers that are believed for a while, so that many who ask cost no more than one."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

SECONDS = 5.0
"""How long an answer is believed."""
FoundT = TypeVar("FoundT")


class Remembered(Generic[FoundT]):
    """What some work finds. Those who come meanwhile wait for the one who looks."""

    def __init__(self, work: Callable[[], Awaitable[FoundT]]) -> None:
        self._work = work
        self._looking = asyncio.Lock()
        self._found: tuple[float, FoundT] | None = None

    async def get(self) -> FoundT:
        async with self._looking:
            if self._found is None or self._found[0] <= time.monotonic():
                found = await self._work()
                self._found = time.monotonic() + SECONDS, found
            return self._found[1]
