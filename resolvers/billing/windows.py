"""What may be done so often in an hour that moves with the clock.

It is counted by spans of five minutes. All spans count that the last sixty minutes
reach into, so that in no hour more is done than may be.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from db import rows
from db.models import RateLimitWindow
from db.types import Moment
from resolvers.access import SYSTEM, Actor, visible
from resolvers.billing.counters import Taken
from resolvers.writes import Transaction

SPAN, HOUR = timedelta(minutes=5), timedelta(hours=1)
Counted = Sequence[tuple[datetime, int]]
"""Spans by their beginning, in order, and how often it was done in each."""


async def take(
    write: Transaction, subject: str, number: int, limit: int, now: datetime
) -> Taken | None:
    """Do something so often more, or None where that would be more than the limit.

    One statement decides, for what was done in spans that are over grows no more.
    """
    begun = _span(now)
    counted = await _counted(write, subject, now)
    before = sum(count for at, count in counted if at != begun)
    most = limit - before
    if number > most:
        return None
    row = RateLimitWindow(subject=subject, started_at=begun, count=number)
    values = rows.completed(row)
    took = await write.run(_taking, write.writing.dialect, **values, most=most)
    first = counted[0][0] if counted else begun
    return Taken(before + took[0][0], first + SPAN + HOUR) if took else None


async def used(write: Transaction, subject: str, limit: int, now: datetime) -> Taken:
    """How often it was done in an hour, and when it may be done once more."""
    counted = await _counted(write, subject, now)
    return Taken(sum(count for _, count in counted), frees_at(counted, limit, now))


async def give_back(
    write: Transaction, subject: str, number: int, at: datetime
) -> None:
    """Have what was taken at some moment not been done."""
    window, count = RateLimitWindow, RateLimitWindow.count
    given = sa.update(window).where(window.subject == subject, count >= number)
    left = given.where(window.started_at == _span(at)).values(count=count - number)
    await write.session.execute(left)


def frees_at(counted: Counted, limit: int, now: datetime) -> datetime:
    """When spans count no more of which enough was used for one to be free."""
    needed = sum(count for _, count in counted) - limit + 1
    freed = accumulate(count for _, count in counted)
    ends = (at + SPAN + HOUR for at, _ in counted)
    passed = (end for end, free in zip(ends, freed, strict=True) if free >= needed)
    return now if needed <= 0 else next(passed, now)


def _span(moment: datetime) -> datetime:
    """When the span began that a moment is in."""
    return moment - (moment - datetime.min.replace(tzinfo=moment.tzinfo)) % SPAN


async def _counted(write: Transaction, subject: str, now: datetime) -> Counted:
    """What was done in the spans that count."""
    since = now - HOUR - SPAN
    return [(at, n) for at, n in await write.run(_count, subject=subject, since=since)]


def _count(_: Actor) -> Any:
    since = sa.bindparam("since", type_=Moment())
    spans = visible(SYSTEM, RateLimitWindow).where(
        RateLimitWindow.subject == sa.bindparam("subject"),
        RateLimitWindow.started_at > since,
    )
    counted = spans.with_only_columns(RateLimitWindow.started_at, RateLimitWindow.count)
    return counted.order_by(RateLimitWindow.started_at)


def _taking(_: Actor, dialect: str) -> Any:
    speech: Any = {"postgresql": postgresql, "sqlite": sqlite}[dialect]
    insert = speech.insert(RateLimitWindow)
    more = RateLimitWindow.count + insert.excluded.count
    most = sa.bindparam("most", type_=sa.BigInteger())
    upsert = insert.on_conflict_do_update(
        index_elements=("subject", "started_at"),
        set_={"count": more},
        where=more <= most,
    )
    return upsert.returning(RateLimitWindow.count)
