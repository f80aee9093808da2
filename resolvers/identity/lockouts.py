"""Lockouts: what the audit log says of wrong passwords, with an account or without."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import takewhile
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from db.base import utcnow
from db.models import AuditEntry, Outcome, User
from resolvers.access import SYSTEM, visible
from resolvers.errors import RateLimited
from resolvers.policy import Policy
from resolvers.writes import Transaction

ACTION = "login"


async def failures(
    session: AsyncSession, subject: UUID, policy: Policy
) -> list[datetime]:
    """When the last wrong passwords in a row were typed, the newest first.

    They are those of one window, which ends with the newest. Tries while it was locked
    do not count, so that a lock is not made longer by them.
    """
    code = AuditEntry.payload["refused"]["code"].as_string()
    since = utcnow() - 2 * timedelta(seconds=policy.lock)
    tries = (
        visible(SYSTEM, AuditEntry)
        .where(AuditEntry.entity_id == subject, AuditEntry.action == ACTION)
        .where(AuditEntry.created_at > since, code.is_distinct_from(RateLimited.code))
        .order_by(AuditEntry.id.desc())
        .with_only_columns(AuditEntry.created_at, AuditEntry.status)
    )
    found = await session.execute(tries)
    failed = takewhile(lambda one: one[1] is Outcome.FAILURE, found)
    return _window((moment for moment, _ in failed), policy)


def ends(failed: list[datetime], policy: Policy) -> datetime | None:
    """When the lock ends that failures brought about; None if there are too few."""
    if len(failed) < policy.failures_until_lock:
        return None
    return failed[0] + timedelta(seconds=policy.lock)


async def count(write: Transaction, user_id: UUID, policy: Policy) -> None:
    """Say in the row of an account what one more wrong password makes of it."""
    user = await write.session.get_one(User, user_id, with_for_update=True)
    before = await failures(write.session, user_id, policy)
    failed = _window([utcnow(), *before], policy)
    said = {"failed_login_attempts": len(failed), "locked_until": ends(failed, policy)}
    for column, value in said.items():
        if value != getattr(user, column):
            write.note(user, column, getattr(user, column), value)
    changed = sa.update(User).where(User.id == user_id).values(said)
    await write.session.execute(changed)


def unlocked() -> sa.ColumnElement[bool]:
    """Whether an account is not locked at this moment, as its row has it."""
    return User.locked_until.is_(None) | (User.locked_until <= utcnow())


def _window(moments: Iterable[datetime], policy: Policy) -> list[datetime]:
    """Of moments, the newest first, those that are counted together with the newest."""
    ordered, length = list(moments), timedelta(seconds=policy.lock)
    return [one for one in ordered if ordered[0] - one < length]
