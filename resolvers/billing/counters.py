"""What was used in a period: counted by the database, in one statement each time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from db import rows
from db.models import PeriodKind, UsageCounter, UsageMetric
from resolvers.access import SYSTEM, Actor, require_user, visible
from resolvers.writes import Transaction

ENDLESS = 2**62
"""More than anybody uses."""
SPELT = {
    PeriodKind.HOUR: "%Y-%m-%dT%H",
    PeriodKind.DAY: "%Y-%m-%d",
    PeriodKind.MONTH: "%Y-%m",
}
"""How a period is called: by its beginning."""


@dataclass(frozen=True, slots=True)
class Taken:
    """How much was used of a period, with what was taken last."""

    used: int
    resets_at: datetime


async def take(  # noqa: PLR0913, PLR0917  what a limit is
    write: Transaction,
    metric: UsageMetric,
    number: int,
    limit: int | None,
    now: datetime,
    kind: PeriodKind = PeriodKind.MONTH,
) -> Taken | None:
    """Use so much more, or None where that would be more than the limit.

    One statement decides. It is part of the write: what is rolled back was not used.
    """
    most = ENDLESS if limit is None else limit
    if number > most:
        return None
    row = UsageCounter(owner_id=require_user(write.actor), metric=metric)
    row.period_kind, row.period_key, row.count = kind, key_of(kind, now), number
    values = rows.completed(row)
    took = await write.run(_taking, write.writing.dialect, **values, most=most)
    return Taken(took[0][0], resets_at(kind, now)) if took else None


async def give_back(
    write: Transaction, owner_id: UUID, metric: UsageMetric, number: int, then: datetime
) -> None:
    """Have it that so much was not used in the month of a moment."""
    key = key_of(PeriodKind.MONTH, then)
    given = {"metric": metric, "period_kind": PeriodKind.MONTH, "period_key": key}
    await write.run(_given_back, whose=owner_id, back=number, **given)


async def used(
    write: Transaction, metric: UsageMetric, now: datetime, kind: PeriodKind
) -> int:
    """How much the actor has used in the period of a moment."""
    given = {"metric": metric, "period_kind": kind, "period_key": key_of(kind, now)}
    counted = await write.run(_counted, whose=write.actor.user_id, **given)
    return counted[0][0] if counted else 0


def key_of(kind: PeriodKind, moment: datetime) -> str:
    """What the period of a moment is called."""
    return moment.astimezone(UTC).strftime(SPELT[kind])


def resets_at(kind: PeriodKind, moment: datetime) -> datetime:
    """When the period of a moment is over."""
    hour = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    if kind is PeriodKind.HOUR:
        return hour + timedelta(hours=1)
    day = hour.replace(hour=0)
    if kind is PeriodKind.DAY:
        return day + timedelta(days=1)
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def months(now: datetime, number: int) -> Sequence[str]:
    """What the last months are called, this one first."""
    place = now.astimezone(UTC).year * 12 + now.astimezone(UTC).month - 1
    ago = (divmod(place - back, 12) for back in range(number))
    return [f"{year:04}-{month + 1:02}" for year, month in ago]


def _taking(_: Actor, dialect: str) -> Any:
    speech: Any = {"postgresql": postgresql, "sqlite": sqlite}[dialect]
    insert = speech.insert(UsageCounter)
    more = UsageCounter.count + insert.excluded.count
    unique = ("owner_id", "metric", "period_kind", "period_key")
    most = sa.bindparam("most", type_=sa.BigInteger())
    upsert = insert.on_conflict_do_update(
        index_elements=unique, set_={"count": more}, where=more <= most
    )
    return upsert.returning(UsageCounter.count)


def _given_back(_: Actor) -> sa.Update:
    back = sa.bindparam("back", type_=sa.BigInteger())
    less = sa.update(UsageCounter).where(*_same(), UsageCounter.count >= back)
    return less.values(count=UsageCounter.count - back)


def _counted(_: Actor) -> Any:
    mine = visible(SYSTEM, UsageCounter).with_only_columns(UsageCounter.count)
    return mine.where(*_same())


def _same() -> list[sa.ColumnElement[bool]]:
    """Of one user, one metric and one period."""
    named = (UsageCounter.metric, UsageCounter.period_kind, UsageCounter.period_key)
    same = [column == sa.bindparam(column.key, type_=column.type) for column in named]
    return [UsageCounter.owner_id == sa.bindparam("whose", type_=sa.Uuid()), *same]
