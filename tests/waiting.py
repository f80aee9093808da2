"""Waiting for what another process does, which tells nobody."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
SECONDS = 60.0
"""For a process to start, on a machine that is busy with other tests."""


async def until(look: Callable[[], T], seconds: float = SECONDS) -> T:
    """What a look gives, once that is something. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not (found := look()):  # noqa: ASYNC110  nothing tells us
            await asyncio.sleep(0.01)
    return found


async def until_told(ask: Callable[[], Awaitable[T]], seconds: float = SECONDS) -> T:
    """As `until`, where looking takes time itself."""
    async with asyncio.timeout(seconds):
        while not (found := await ask()):  # noqa: ASYNC110  as above
            await asyncio.sleep(0.1)
    return found
