"""What is not kept for ever, and for how long."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from db.base import Base, utcnow
from db.models import IdempotencyKey, RefreshToken, Session, StoredEvent, Tick
from resolvers.access import SYSTEM, visible
from resolvers.context import Context
from resolvers.platform import events
from resolvers.writes import Transaction

AT_ONCE = 5_000
"""Rows of one kind that one transaction deletes."""
ACTION = "retentionRun"


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows of a model, and how long after a moment of theirs they are deleted."""

    model: type[Base]
    time: timedelta
    column: str | None = None
    """The moment; without one it is when the row was made, which its id tells."""

    def expired(self, now: datetime) -> sa.ColumnElement[bool]:
        model: Any = self.model
        if self.column:
            return getattr(model, self.column) < now - self.time
        return model.id < first_id(now - self.time)


KEPT = (
    Kept(IdempotencyKey, timedelta(hours=24)),
    Kept(StoredEvent, timedelta(days=7)),
    Kept(Tick, timedelta(days=7)),
    Kept(RefreshToken, timedelta(days=30), "expires_at"),
    Kept(Session, timedelta(days=30), "expires_at"),
)


async def run(context: Context) -> None:
    """Delete what has expired."""
    await delete(context, KEPT)


async def delete(context: Context, kept: Sequence[Kept]) -> None:
    """Delete what has expired, so much at a time, and write down how many rows."""
    while True:
        counts = await context.written(lambda write: _delete(write, kept))
        if max(counts.values()) < AT_ONCE:
            return


def first_id(moment: datetime) -> UUID:
    """What ids made before a moment are below: their first 48 bits are milliseconds."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


async def _delete(write: Transaction, kept: Sequence[Kept]) -> dict[str, int]:
    now, counts = utcnow(), dict[str, int]()
    for one in kept:
        model: Any = one.model
        ids = visible(SYSTEM, model).with_only_columns(model.id)
        ids = ids.where(one.expired(now)).order_by(model.id).limit(AT_ONCE)
        gone = await write.session.execute(sa.delete(model).where(model.id.in_(ids)))
        counts[model.__tablename__] = getattr(gone, "rowcount", 0)
    write.changes["deleted"] = {name: str(count) for name, count in counts.items()}
    await events.conclude(write, ACTION)
    return counts
