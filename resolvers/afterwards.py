"""Work that an answer does not wait for, so that its time tells nothing of it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from resolvers.errors import Busy

MOST = 200
"""Pieces of work that wait; for more the server is busy."""
AT_ONCE = 2
logger = logging.getLogger(__name__)


class Afterwards:
    """Does what was put off, a little at a time."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, work: Callable[[], Awaitable[Any]]) -> None:
        """Put work off until there is an answer. Raises Busy."""
        if len(self._tasks) >= MOST:
            raise Busy("too much is asked at once; try again in a moment")
        task = asyncio.create_task(self._done(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def ended(self, patience: float) -> None:
        """Wait until all is done, but not for ever."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=patience)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _done(self, work: Callable[[], Awaitable[Any]]) -> None:
        async with self._turns:
            try:
                await work()
            except Exception:
                logger.exception("what was put off has failed")
