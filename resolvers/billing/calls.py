"""Calls as the database counts them for all processes, some at a time."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from db import rows
from db.models import PeriodKind, UsageCounter, UsageMetric
from resolvers.access import Actor, BaseRole
from resolvers.allowances import LimitScope
from resolvers.billing import counters, windows
from resolvers.billing.counters import Taken
from resolvers.context import Context
from resolvers.writes import Transaction

CALLS = UsageMetric.API_CALLS
PERIODS = {
    LimitScope.KEY_HOUR: PeriodKind.HOUR,
    LimitScope.PLAN_DAY: PeriodKind.DAY,
    LimitScope.PLAN_MONTH: PeriodKind.MONTH,
}


@dataclass(frozen=True, slots=True, order=True)
class Meter:
    """Counts the calls of an API key in an hour, or of a user in a day or a month."""

    whose: UUID
    scope: LimitScope
    _hash: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.whose, self.scope)))

    def __hash__(self) -> int:
        """Found once, for a meter is looked up with each call."""
        return self._hash

    @property
    def period(self) -> PeriodKind:
        return PERIODS[self.scope]


@dataclass(frozen=True, slots=True)
class Wish:
    """Calls that somebody wants to make: some that wait, and a lot at most."""

    meter: Meter
    limit: int
    need: int
    most: int


@dataclass(frozen=True, slots=True)
class Grant:
    """How many calls of a wish may be made, which may be none."""

    number: int
    used: int
    """What is counted so far, with these."""
    resets_at: datetime
    """When there is more again."""


async def granted(
    context: Context, wishes: Sequence[Wish], now: datetime
) -> list[Grant]:
    """What comes of wishes, each of another meter."""

    async def work(write: Transaction) -> list[Grant]:
        ordered = sorted(wishes, key=lambda one: one.meter)
        made = {one.meter: await _granted(write, one, now) for one in ordered}
        return [made[one.meter] for one in wishes]

    return await context.written(work)


async def give_back(
    context: Context, left: Mapping[Meter, tuple[int, datetime]]
) -> None:
    """Count calls no more that were granted at some moment and not made."""

    async def work(write: Transaction) -> None:
        for meter in sorted(left):
            await _give_back(write, meter, *left[meter])

    await context.written(work)


async def add(context: Context, made: Mapping[Meter, int], now: datetime) -> None:
    """Count calls that nobody limits. Of accounts that are gone none are counted."""
    try:
        await context.written(_added(sorted(made), made, now))
    except IntegrityError:
        for one in sorted(made):
            try:
                await context.written(_added([one], made, now))
            except IntegrityError:  # whose account is gone
                continue


async def _granted(write: Transaction, wish: Wish, now: datetime) -> Grant:
    """A lot if there is so much, else what is needed, or what is left of it."""
    most, meter, limit = wish.most, wish.meter, wish.limit
    while most > 0:
        if taken := await _take(write, meter, most, limit, now):
            return Grant(most, taken.used, taken.resets_at)
        left = limit - (await _used(write, meter, limit, now)).used
        most = min(wish.need, left, most - 1)
    counted = await _used(write, meter, limit, now)
    return Grant(0, counted.used, counted.resets_at)


async def _take(
    write: Transaction, meter: Meter, number: int, limit: int, now: datetime
) -> Taken | None:
    if meter.scope is LimitScope.KEY_HOUR:
        return await windows.take(write, meter.whose.hex, number, limit, now)
    own = _of(write, meter)
    return await counters.take(own, CALLS, number, limit, now, meter.period)


async def _give_back(
    write: Transaction, meter: Meter, number: int, at: datetime
) -> None:
    if meter.scope is LimitScope.KEY_HOUR:
        await windows.give_back(write, meter.whose.hex, number, at)
        return
    counter, key = UsageCounter, counters.key_of(meter.period, at)
    of = counter.owner_id == meter.whose, counter.metric == CALLS
    period = counter.period_kind == meter.period, counter.period_key == key
    given = sa.update(counter).where(*of, *period, counter.count >= number)
    await write.session.execute(given.values(count=counter.count - number))


async def _used(write: Transaction, meter: Meter, limit: int, now: datetime) -> Taken:
    if meter.scope is LimitScope.KEY_HOUR:
        return await windows.used(write, meter.whose.hex, limit, now)
    used = await counters.used(_of(write, meter), CALLS, now, meter.period)
    return Taken(used, counters.resets_at(meter.period, now))


def _of(write: Transaction, meter: Meter) -> Transaction:
    """The same write, as somebody whose calls they are."""
    return Transaction(write.writing, Actor(meter.whose, BaseRole.USER))


def _added(
    some: Sequence[Meter], made: Mapping[Meter, int], now: datetime
) -> Callable[[Transaction], Awaitable[None]]:
    async def work(write: Transaction) -> None:
        values = [_counter(one, made[one], now) for one in some]
        await write.session.execute(_adding(write.writing.dialect), values)

    return work


def _counter(meter: Meter, number: int, now: datetime) -> dict[str, Any]:
    key = counters.key_of(meter.period, now)
    given = {"owner_id": meter.whose, "metric": CALLS, "count": number}
    of = {"period_kind": meter.period, "period_key": key}
    return rows.complete(UsageCounter, given | of)


def _adding(dialect: str) -> Any:
    speech: Any = {"postgresql": postgresql, "sqlite": sqlite}[dialect]
    insert = speech.insert(UsageCounter)
    return insert.on_conflict_do_update(
        index_elements=("owner_id", "metric", "period_kind", "period_key"),
        set_={"count": UsageCounter.count + insert.excluded.count},
    )
