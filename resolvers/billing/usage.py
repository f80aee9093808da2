"""What somebody has used, and what they may use, beforehand."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from db.base import utcnow
from db.models import PeriodKind, UsageCounter, UsageMetric
from resolvers.access import BaseRole, visible
from resolvers.allowances import Allowance
from resolvers.billing import counters
from resolvers.billing.entitlements import of_month
from resolvers.billing.terms import Terms, look
from resolvers.context import Context
from resolvers.errors import BadRequest, patient

LONGEST = 24
"""Months that are looked back."""
COUNTED = (UsageMetric.DATASETS, UsageMetric.AI_MESSAGES, UsageMetric.REPORTS)
"""What plans limit by the month as they are brought; what others limit is shown too."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Of whom limits are told."""

    context: Context
    session: AsyncSession
    user_id: UUID
    now: datetime
    mine: Terms
    offered: Sequence[Terms]


Source = Callable[[Asked], Awaitable[Sequence[Allowance]]]


async def of_calls(context: Context, user_id: UUID) -> Sequence[Allowance]:
    """The limits of whoever asks: points, a key's hour, and the calls of a plan."""
    bill, own = context.bill, user_id == context.actor.user_id
    return await bill.allowances() if bill and own else []


async def of_metrics(asked: Asked) -> list[Allowance]:
    """The limits of what is used in a month."""
    key = counters.key_of(PeriodKind.MONTH, asked.now)
    used = await _counts(asked.context, asked.session, asked.user_id, [key])
    limited = [one for one in UsageMetric if one in COUNTED or one in asked.mine.limits]
    return [
        of_month(one, asked.mine, asked.offered, used.get((key, one), 0), asked.now)
        for one in limited
    ]


async def limits(context: Context, user_id: UUID, *more: Source) -> list[Allowance]:
    """Every limit of a user, those of other sources last, and how much is used."""
    now = utcnow()
    calls = await of_calls(context, user_id)  # they may need a connection of their own
    with patient():
        async with context.database.read() as session:
            mine, offered = await look(session, user_id, now)
            if (
                context.actor.role is BaseRole.ADMIN
                and user_id == context.actor.user_id
            ):
                mine = mine.endless
            asked = Asked(context, session, user_id, now, mine, offered)
            sources = of_metrics, *more
            found = [one for source in sources for one in await source(asked)]
    return [*calls, *found]


async def months(
    context: Context, user_id: UUID, number: int
) -> list[tuple[str, Mapping[UsageMetric, int]]]:
    """What a user has used in each of the last months, the present one first."""
    if not 1 <= number <= LONGEST:
        raise BadRequest(f"from 1 to {LONGEST} months are told, not {number}")
    keys = counters.months(utcnow(), number)
    with patient():
        async with context.read() as session:
            used = await _counts(context, session, user_id, keys)
    return [
        (key, {one: used.get((key, one), 0) for one in UsageMetric}) for key in keys
    ]


async def _counts(
    context: Context, session: AsyncSession, user_id: UUID, keys: Sequence[str]
) -> dict[tuple[str, UsageMetric], int]:
    counter: Any = UsageCounter
    rows = visible(context.actor, counter).where(
        counter.owner_id == user_id,
        counter.period_kind == PeriodKind.MONTH,
        counter.period_key.in_(keys),
    )
    columns = (counter.period_key, counter.metric, counter.count)
    found = await session.execute(rows.with_only_columns(*columns))
    return {(key, metric): count for key, metric, count in found}
