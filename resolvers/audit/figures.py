"""The log in figures: how often each thing was done, to what, by whom, and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from db.base import first_id, utcnow
from db.dialects import say
from db.models import AuditEntry, Outcome
from resolvers.access import visible
from resolvers.context import Context
from resolvers.errors import BadRequest, patient

USUAL, MOST = timedelta(days=30), timedelta(days=3_660)
LEEWAY = timedelta(days=1)
"""How much earlier than its moment the id of an entry may have been made."""
SHOWN = 100
"""Things of a kind that are told: those done most often. Of days all are."""


@dataclass(frozen=True, slots=True)
class Count:
    """How often something is there."""

    name: str
    count: int
    failed: int
    """Of these, what was refused or failed."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What there is in a time that the actor may see."""

    start: datetime
    end: datetime
    actions: Sequence[Count]
    entities: Sequence[Count]
    actors: Sequence[Count]
    days: Sequence[Count]

    @property
    def total(self) -> int:
        return sum(one.count for one in self.days)

    @property
    def failed(self) -> int:
        return sum(one.failed for one in self.days)


async def figures(
    context: Context, start: datetime | None, end: datetime | None
) -> Figures:
    """The entries from one moment to another that the actor may see, counted."""
    end = end or utcnow()
    start = start or end - USUAL
    if start >= end:
        told = f"{start.isoformat()} is not before {end.isoformat()}"
        raise BadRequest(f"`from` is before `to`; {told}")
    if end > start + MOST:
        told = f"not from {start:%Y-%m-%d} to {end:%Y-%m-%d}"
        raise BadRequest(f"figures are of a time of up to {MOST.days} days, {told}")
    by = {
        "actions": AuditEntry.action,
        "entities": AuditEntry.entity,
        "actors": say("digits", AuditEntry.actor_id),
        "days": say("day", AuditEntry.created_at),
    }
    found: dict[str, list[Count]] = {}
    with patient():
        async with context.read() as session:
            for name, what in by.items():
                rows = _counted(context, start, end, what)
                few = rows if name == "days" else rows.limit(SHOWN)
                found[name] = [Count(*row) for row in await session.execute(few)]
    found["days"].sort(key=lambda day: day.name)
    return Figures(start, end, **found)


def _counted(context: Context, start: datetime, end: datetime, what: Any) -> Any:
    """How often each value is there, the most frequent first."""
    named: Any = sa.cast(what, sa.Text()).label("named")
    count: Any = sa.func.count(AuditEntry.id).label("entries")
    failed: Any = sa.func.count(sa.case((AuditEntry.status == Outcome.FAILURE, 1)))
    rows = visible(context.actor, AuditEntry).where(
        AuditEntry.id >= first_id(start - LEEWAY),
        AuditEntry.created_at >= start,
        AuditEntry.created_at < end,
        what.is_not(None),
    )
    rows = rows.with_only_columns(named, count, failed).group_by(named)
    return rows.order_by(count.desc(), named)
