"""Word of the bus, passed on for as long as a process runs."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from resolvers.news import Bus, Event


@asynccontextmanager
async def hearing(
    bus: Bus, topic: str, heard: Callable[[Event], None]
) -> AsyncGenerator[None]:
    """Pass on every event of a topic, whosever it is."""
    async with bus.listen(topic, None) as events:

        async def hear() -> None:
            async for event in events:
                heard(event)

        task = asyncio.create_task(hear())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
