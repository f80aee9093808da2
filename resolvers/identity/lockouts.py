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
from resolvers.audit import entries
from resolvers.errors import RateLimited, Unauthenticated
from resolvers.identity import letters
from resolvers.policy import Policy
from resolvers.writes import Transaction

ACTION = "login"
CONFIRM, PROVE = "loginConfirm", "sessionConfirm"
CHANGE, RESET = "passwordChange", "passwordReset"
OUTSIDE = (ACTION, CONFIRM, RESET)
"""What strangers try with a password or a code, as the audit has it."""
INSIDE = (PROVE, CHANGE, RESET)
"""What is tried by who is signed in, whom no stranger can lock out of it."""
LOCKED = "too many wrong passwords or codes; wait a while, or reset your password"


async def failures(
    session: AsyncSession, action: str, subject: UUID, policy: Policy
) -> list[datetime]:
    """When the last wrong passwords in a row were typed, the newest first.

    Those of strangers and of who is signed in are counted apart. They are those of one
    window, which ends with the newest. Tries while it was locked do not count, so that
    a lock is not made longer by them.
    """
    inside = action in INSIDE
    actions, whose = (
        (INSIDE, AuditEntry.actor_id) if inside else (OUTSIDE, AuditEntry.entity_id)
    )
    code = AuditEntry.payload["refused"]["code"].as_string()
    since = utcnow() - 2 * timedelta(seconds=policy.lock)
    tries = (
        visible(SYSTEM, AuditEntry)
        .where(whose == subject, AuditEntry.action.in_(actions))
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


async def admitted(
    write: Transaction, action: str, user_id: UUID, policy: Policy
) -> User:
    """An account that somebody tries a code of. One try is made after another.

    Raises RateLimited while it is locked, and Unauthenticated where it is gone.
    """
    await write.serve()
    user = await write.session.get(User, user_id, with_for_update=True)
    if user is None:
        raise Unauthenticated("there is no such account any more")
    failed = await failures(write.session, action, user_id, policy)
    until = ends(failed, policy)
    if until and until > (now := utcnow()):
        raise RateLimited(LOCKED, (until - now).total_seconds())
    return user


async def fail(
    write: Transaction, action: str, user: User, policy: Policy, **about: str
) -> None:
    """Write down that what was shown for an account is wrong, which counts it."""
    write.changes["refused"] = {"code": "INVALID", **about}
    if action in OUTSIDE:
        await count(write, user.id, policy)
    await entries.append(write, action, user, status=Outcome.FAILURE)


async def count(write: Transaction, subject: UUID, policy: Policy) -> None:
    """Say in the row of an account what a stranger's wrong password makes of it.

    Its owner is written to where that locks it. Where there is no account the same is
    said to the database, and changes nothing.
    """
    await write.serve()
    rows = visible(SYSTEM, User).where(User.id == subject).with_for_update()
    user = await write.session.scalar(rows)
    before = await failures(write.session, ACTION, subject, policy)
    failed = _window([utcnow(), *before], policy)
    until = ends(failed, policy)
    if user and user.is_active and until and not ends(before, policy):
        write.letters.append(letters.locked(policy, user.email))
    said = {"failed_login_attempts": len(failed), "locked_until": until}
    for column, value in said.items() if user else ():
        if value != getattr(user, column):
            write.note(user, column, getattr(user, column), value)
    changed = sa.update(User).where(User.id == subject).values(said)
    await write.session.execute(changed)


def unlocked() -> sa.ColumnElement[bool]:
    """Whether an account is not locked at this moment, as its row has it."""
    return User.locked_until.is_(None) | (User.locked_until <= utcnow())


def _window(moments: Iterable[datetime], policy: Policy) -> list[datetime]:
    """Of moments, the newest first, those that are counted together with the newest."""
    ordered, length = list(moments), timedelta(seconds=policy.lock)
    return [one for one in ordered if ordered[0] - one < length]
