"""What is not kept for ever, and for how long."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from db.base import Base, first_id, utcnow
from db.models import (
    BillingEvent,
    IdempotencyKey,
    Invitation,
    OneTimeToken,
    ProviderReservation,
    RateLimitWindow,
    RefreshToken,
    ScheduledRun,
    Session,
    StoredEvent,
)
from resolvers.access import SYSTEM, visible
from resolvers.context import Context
from resolvers.platform import events
from resolvers.policy import Policy
from resolvers.writes import Transaction

AT_ONCE = 5_000
"""Rows of one kind that one transaction deletes."""
ACTION = "retentionRun"
DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows of a model, and how long after a moment of theirs they are deleted."""

    model: type[Base]
    seconds: Callable[[Policy], float]
    column: str | None = None
    """The moment; without one it is when the row was made, which its id tells."""

    @property
    def table(self) -> str:
        return self.model.__tablename__

    def expired(self, policy: Policy) -> sa.Select[Any]:
        """The ids of what is to go."""
        model: Any = self.model
        end = utcnow() - timedelta(seconds=self.seconds(policy))
        late = (
            getattr(model, self.column) < end
            if self.column
            else model.id < first_id(end)
        )
        return visible(SYSTEM, model).with_only_columns(model.id).where(late)


KEPT = (
    Kept(IdempotencyKey, lambda policy: policy.keep_idempotency_keys),
    Kept(StoredEvent, lambda policy: policy.keep_events),
    Kept(ScheduledRun, lambda policy: policy.keep_runs),
    Kept(RefreshToken, lambda policy: policy.keep_sessions, "expires_at"),
    Kept(Session, lambda policy: policy.keep_sessions, "expires_at"),
    Kept(OneTimeToken, lambda policy: policy.keep_sessions, "expires_at"),
    Kept(Invitation, lambda policy: policy.keep_sessions, "expires_at"),
    Kept(RateLimitWindow, lambda _: DAY, "started_at"),
    Kept(BillingEvent, lambda _: 90 * DAY),
    Kept(ProviderReservation, lambda _: 30 * DAY, "expires_at"),
)


async def run(context: Context) -> dict[str, int]:
    """Delete what has expired; how many rows, by table."""
    return await delete(context, KEPT)


async def delete(context: Context, kept: Sequence[Kept]) -> dict[str, int]:
    """Delete what has expired, so much at a time, each with an entry of the audit."""
    policy, total = context.equipment.policy, Counter(dict.fromkeys(tables(kept), 0))

    async def work(write: Transaction) -> dict[str, int]:
        counts = await some(write, kept, policy)
        if any(counts.values()):
            await events.conclude(write, ACTION)
        return counts

    while True:
        counts = await context.written(work)
        total.update(counts)
        if max(counts.values()) < AT_ONCE:
            return dict(total)


async def some(
    write: Transaction, kept: Sequence[Kept], policy: Policy
) -> dict[str, int]:
    """Delete up to so much of each kind, and note how many rows."""
    counts: dict[str, int] = {}
    for one in kept:
        model: Any = one.model
        ids = one.expired(policy).order_by(model.id).limit(AT_ONCE)
        gone = await write.session.execute(sa.delete(model).where(model.id.in_(ids)))
        counts[one.table] = getattr(gone, "rowcount", 0)
    note(write, counts)
    return counts


async def counted(context: Context, kept: Sequence[Kept]) -> dict[str, int]:
    """How many rows have expired, by table."""
    policy, counts = context.equipment.policy, dict[str, int]()
    async with context.database.read() as session:
        for one in kept:
            rows = one.expired(policy).with_only_columns(sa.func.count())
            counts[one.table] = await session.scalar(rows) or 0
    return counts


def tables(kept: Sequence[Kept]) -> list[str]:
    return [one.table for one in kept]


def note(write: Transaction, counts: dict[str, int], what: str = "deleted") -> None:
    """Have the audit say how many rows were deleted, by table."""
    write.changes[what] = {name: str(count) for name, count in counts.items()}
