"""What is used is counted, and refused where it is more than somebody may have."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from db.base import utcnow
from db.models import PeriodKind, UsageMetric
from resolvers.allowances import Allowance, LimitScope
from resolvers.billing import counters, terms
from resolvers.billing.limits import LimitReached
from resolvers.billing.terms import Terms
from resolvers.writes import Transaction


async def entitled(
    write: Transaction, metric: UsageMetric, number: int = 1, *field: str
) -> None:
    """Use so much of what the actor may have in a month. Raises LimitReached.

    It is part of the write: what is rolled back was not used. Administrators have no
    limits; what they use is counted all the same.
    """
    now = utcnow()
    mine = await terms.held(write, now)
    limit = mine.limits.get(metric)
    if await counters.take(write, metric, number, limit, now) is None:
        used = await counters.used(write, metric, now, PeriodKind.MONTH)
        offered = await terms.offers(write)
        raise LimitReached(of_month(metric, mine, offered, used, now), *field)


async def room(
    write: Transaction, name: str, rows: sa.Select[Any], *field: str
) -> None:
    """Raises LimitReached where there are as many rows as the actor may have at a time.

    Two writes at a time would both find room: lock what they belong to first.
    """
    mine = await terms.held(write, utcnow())
    limit, count = mine.limits.get(name), rows.with_only_columns(sa.func.count())
    there = (await write.session.execute(count)).scalar_one()
    if limit is not None and there >= limit:
        offered = await terms.offers(write)
        raise LimitReached(of_stock(name, mine, offered, there), *field)


async def writable(
    write: Transaction, name: str, rows: sa.Select[Any], row: Any, *field: str
) -> None:
    """Raises LimitReached for a row beyond what the actor may have at a time.

    After a downgrade the oldest rows stay what they were, as many as there may be. The
    others can be read and deleted, and not be changed.
    """
    await room(write, name, rows.where(type(row).id < row.id), *field)


def of_month(
    metric: UsageMetric,
    mine: Terms,
    offered: Sequence[Terms],
    used: int,
    now: datetime,
) -> Allowance:
    """How much of something may be used in a month."""
    resets, more = (
        counters.resets_at(PeriodKind.MONTH, now),
        mine.upgrade(metric, offered),
    )
    limit, scope = mine.limits.get(metric), LimitScope.TIER_MONTH
    return Allowance(scope, metric, limit, used, resets, mine.tier, more)


def of_stock(name: str, mine: Terms, offered: Sequence[Terms], there: int) -> Allowance:
    """How much of something may be there at a time."""
    limit, more = mine.limits.get(name), mine.upgrade(name, offered)
    return Allowance(LimitScope.STOCK, name, limit, there, None, mine.tier, more)
