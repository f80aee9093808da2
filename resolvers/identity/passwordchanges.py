"""Passwords that are changed by whoever is signed in, and stays so."""

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from db.base import utcnow
from db.models import RefreshToken, Session, User
from resolvers.access import SYSTEM, require_person, visible
from resolvers.context import Context
from resolvers.errors import BadRequest, Invalid, RateLimited, patient
from resolvers.identity import lockouts, resets, rules, sessions
from resolvers.identity.proofs import require_proof
from resolvers.identity.tokens import Refresh
from resolvers.platform.actions import Done, accounted, act
from resolvers.policy import Policy
from resolvers.writes import Transaction


@dataclass(frozen=True, slots=True, repr=False)
class Change:
    """A password that is about to take the place of another."""

    policy: Policy
    proved: bool
    """Whether its owner has shown the one before it."""
    hashed: str
    refresh: Refresh
    """What goes on with the session, and no other."""


async def change(
    context: Context, current: str | None, password: str, refresh: Refresh
) -> Done:
    """Give the actor another password, and their session other tokens.

    All their other sessions end. They show the present password, or have just shown
    who they are. Raises RateLimited after too many wrong ones.
    """
    require_person(context.actor)
    if current is not None and not await _right(context, current):
        return Done(refusal=Invalid("this is not your password", "current_password"))
    hashed = await accounted(context, lockouts.CHANGE, _hashed(context, password))
    if isinstance(hashed, Done):
        return hashed
    policy = context.equipment.policy
    given = Change(policy, current is not None, hashed, refresh)
    return await act(context, lockouts.CHANGE, None, _change, given)


async def _right(context: Context, current: str) -> bool:
    """Whether it is the actor's password. A wrong one counts, as at a login."""
    equipment, user = context.equipment, await _actor(context)
    await equipment.throttle.hit(lockouts.ACTION, user.id.hex)
    policy = equipment.policy
    with patient():
        async with context.database.read() as session:
            tried = lockouts.CHANGE, user.id, policy
            failed = await lockouts.failures(session, *tried)
    if (until := lockouts.ends(failed, policy)) and until > (now := utcnow()):
        raise RateLimited(lockouts.LOCKED, (until - now).total_seconds())
    if await equipment.passwords.verified(user.password_hash, current):
        return True
    await context.written(
        lambda write: lockouts.fail(write, lockouts.CHANGE, user, policy)
    )
    return False


async def _hashed(context: Context, password: str) -> str:
    await rules.check_for(context, await _actor(context), password)
    return await context.equipment.passwords.hashed(password)


async def _actor(context: Context) -> User:
    """The actor's row, with what nobody is shown of it."""
    rows = visible(SYSTEM, User).where(User.id == require_person(context.actor))
    with patient():
        async with context.database.read() as session:
            return (await session.scalars(rows)).one()


async def _change(write: Transaction, change: Change) -> Session:
    user_id = require_person(write.actor)
    if write.origin.session_id is None:
        raise BadRequest("there is no session to go on with: sign in")
    if change.proved:  # one try is made after another, and this is the last
        await lockouts.admitted(write, lockouts.CHANGE, user_id, change.policy)
    else:
        await require_proof(write)
    user = await write.get(User, user_id)
    await resets.replace(write, change.policy, user, change.hashed)
    session = await write.get(Session, write.origin.session_id)
    await sessions.end_others(write, user_id, session.id, "password change")
    await _renew(write, session, change.refresh, change.policy)
    return session


async def _renew(
    write: Transaction, session: Session, refresh: Refresh, policy: Policy
) -> None:
    """Go on with a session by another token: those before it are worth nothing."""
    now = utcnow()
    before = sa.update(RefreshToken).where(RefreshToken.session_id == session.id)
    live = before.where(RefreshToken.revoked_at.is_(None))
    await write.session.execute(live.values(revoked_at=now))
    idle = timedelta(seconds=policy.refresh_idle)
    child = await sessions.prolong(write, session, refresh, idle)
    session.refresh_token_hash, session.last_used = child.token_hash, now
