"""Departures: accounts that are closed, opened again, forgotten, and gone for good."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from db.base import utcnow
from db.models import Job, User
from resolvers.access import SYSTEM, Permission, require, visible
from resolvers.context import Context
from resolvers.errors import Conflict, Invalid, InvalidTransition
from resolvers.identity import (
    addresses,
    apikeys,
    erasures,
    recovery,
    roles,
    sessions,
)
from resolvers.identity.proofs import require_proof
from resolvers.identity.standings import CHANGED
from resolvers.platform import events
from resolvers.writes import Transaction

CLOSED = "deactivated"
"""Why sessions and keys end."""
NOBODY = "forgotten.invalid"
"""Where no mail goes: the address of whoever is forgotten."""
AT_ONCE = 100
"""Accounts that one run forgets; what is left is for the next."""


async def deactivate(write: Transaction, user_id: UUID) -> User:
    """Close an account: one's own, or another's as an administrator."""
    if await require_proof(write) != user_id:
        require(write.actor, Permission.MANAGE_USERS)
    user = await write.get(User, user_id)
    if not user.is_active:
        raise InvalidTransition("this account is closed already", "id")
    await _close(write, user)
    return user


async def activate(write: Transaction, user_id: UUID) -> User:
    """Open an account again that was closed, unless it is forgotten."""
    require(write.actor, Permission.MANAGE_USERS)
    await require_proof(write)
    user = await write.get(User, user_id)
    if user.is_active:
        raise InvalidTransition("this account is open", "id")
    if user.email.endswith(f"@{NOBODY}"):
        raise InvalidTransition("this account is forgotten, and stays closed", "id")
    user.is_active, user.deleted_at = True, None
    return user


async def purge(write: Transaction, user_id: UUID, email: str) -> Job:
    """Close an account and have a job delete it, with all there is of its owner.

    Raises Invalid where the e-mail address, to be typed once more, is not theirs.
    """
    require(write.actor, Permission.MANAGE_USERS)
    asking = await require_proof(write)
    user = await write.get(User, user_id)
    if user_id == asking:
        raise Conflict("another administrator has to do this to you", "id")
    if addresses.compared(email) != addresses.compared(user.email):
        raise Invalid("this is not the e-mail address of that account", "email")
    if user.is_active:
        await _close(write, user)
    return await write.enqueue(erasures.TASK, asking, user_id=str(user_id))


async def forget(context: Context) -> dict[str, int]:
    """Forget whose accounts were closed long ago; how many."""
    keep = timedelta(seconds=context.equipment.policy.keep_closed_accounts)
    due = (
        visible(SYSTEM, User)
        .where(User.deleted_at < utcnow() - keep, User.email.not_like(f"%@{NOBODY}"))
        .with_only_columns(User.id)
        .limit(AT_ONCE)
    )
    async with context.database.read() as session:
        ids = [*await session.scalars(due)]
    for user_id in ids:
        await context.written(lambda write, id_=user_id: _forget(write, id_))
    return {User.__tablename__: len(ids)}


async def _close(write: Transaction, user: User) -> None:
    """Let nobody in any more by an account that is locked, and out whoever is in."""
    mine = visible(SYSTEM, User).where(User.id == user.id, roles.is_admin(SYSTEM, User))
    if await write.session.scalar(mine) is not None:
        await roles.require_another_admin(write, user.id)
    user.is_active, user.deleted_at = False, utcnow()
    user.token_version += 1
    await sessions.end_others(write, user.id, None, CLOSED)
    await apikeys.revoke_all(write, user.id, CLOSED)


async def _forget(write: Transaction, user_id: UUID) -> None:
    """Leave of a person no more than that there was one.

    The audit is not told what was forgotten, for it forgets nothing.
    """
    nothing: dict[str, Any] = dict.fromkeys(
        ("full_name", "password_hash", "totp_secret", "totp_enabled_at", "last_login")
    )
    gone = (
        sa.update(User)
        .where(User.id == user_id, User.deleted_at.is_not(None))
        .values(email=f"{user_id.hex}@{NOBODY}", email_verified=False, settings={})
        .values(**nothing)
        .returning(User)
    )
    if user := await write.session.scalar(gone):
        await recovery.clear(write, user_id)
        await sessions.forget(write, user_id)
        write.changes["forgotten"] = {"user": user_id.hex}
        write.announced.append((CHANGED, user_id, user_id))
        await events.conclude(write, "userForget", user)
