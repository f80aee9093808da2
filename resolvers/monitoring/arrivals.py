"""Points as they arrive, told to whoever watches their analysis."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import UUID

from db.models import Analysis, MonitorPoint
from resolvers.context import Context
from resolvers.lists import Listing
from resolvers.monitoring.points import last_order, topic
from resolvers.news import Words
from resolvers.sources import Beginning, Source, Told

PATIENCE = 2.0
"""Seconds to wait for word before looking all the same."""
LAST = UUID(int=2**128 - 1)
"""The highest id there is: whatever follows it has a higher order."""
ONWARD = Listing(size=100, order="process_order", descending=False)


def watch(context: Context, id_: UUID, after: int | None) -> Source[MonitorPoint]:
    """An analysis's points in order of the process, from now on or after a place."""

    async def begin() -> Beginning:
        analysis = await context.loaders.row(Analysis).load(id_)
        last = await last_order(context, analysis)
        newest = -1 if last is None else last
        return Beginning(newest if after is None else after, newest)

    async def told(place: int) -> Told[MonitorPoint]:
        key: Any = MonitorPoint.analysis_id
        async with context.bus.listen(topic(id_), None) as words:
            while True:
                context.loaders.clear()
                listing = replace(ONWARD, after=(place, LAST))
                page = context.loaders.page(MonitorPoint, key, listing)
                read = await page.load(id_)
                for point, _ in read.rows:
                    place = point.process_order
                    yield place, point
                if not read.has_next_page:
                    await _word(words)

    return Source(begin, told)


async def _word(words: Words) -> None:
    """Wait for word of points, but not for ever; what came at once is one word."""
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            await anext(words)
            words.rest()
