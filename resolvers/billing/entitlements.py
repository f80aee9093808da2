"""What is used is counted, and refused where it is more than somebody may have."""

from collections.abc import Sequence
from datetime import datetime

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
