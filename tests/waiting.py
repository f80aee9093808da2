"""Waiting for what another process does, which tells nobody."""

import asyncio
from collections.abc import Callable
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
