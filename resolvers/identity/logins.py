"""Logins: the same answer, in the same time, whatever it is that was wrong."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from db.base import utcnow
from db.models import Outcome, User
from resolvers.access import SYSTEM, Actor, BaseRole, visible
from resolvers.audit import entries
from resolvers.context import Context
from resolvers.errors import Conflict, Invalid, RateLimited, patient
from resolvers.identity import addresses, lockouts, sessions, verifications
from resolvers.identity.sessions import Opening
from resolvers.identity.standings import HELD, effective, with_roles
from resolvers.writes import Transaction

WRONG = "the e-mail address or the password is wrong"


@dataclass(frozen=True, slots=True, repr=False)
class Known:
    """Somebody who has shown that they know the password."""

    user_id: UUID
    role: BaseRole
    """By which they see what they do, of all that they have."""
    version: int
    """Of their tokens, as it was then: a new password makes it another."""
    renewed: str | None = None
    """The password's hash, where it has to be made with more effort now."""
    asked: bool = False
    """Whether they have to show a code too, before a session begins."""


@dataclass(frozen=True, slots=True, repr=False)
class Attempt:
    """A login that is tried. There may be no such user."""

    user: User | None
    role: BaseRole
    subject: UUID
    """Whose tries are counted: the user's, or those for an address without one."""
    locked_until: datetime | None


async def verified(
    context: Context, email: str, password: str, action: str = lockouts.ACTION
) -> Known:
    """Whoever has this e-mail address and password, which are shown for some action.

    Raises Invalid, and RateLimited after too many tries. Either is written down, but
    for tries beyond what an address may make at all.
    """
    async with context.equipment.tries.turn():
        return await _verified(context, email, password, action)


async def _verified(context: Context, email: str, password: str, action: str) -> Known:
    attempt = await _attempt(context, email, action)
    user, passwords = attempt.user, context.equipment.passwords
    if (until := attempt.locked_until) and until > (now := utcnow()):
        await _write_down(context, attempt, action, RateLimited.code)
        raise RateLimited(lockouts.LOCKED, (until - now).total_seconds())
    stored = user and user.password_hash
    right = await passwords.verified(stored, password)
    if not (user and stored and right and user.is_active):
        await _write_down(context, attempt, action, "INVALID")
        raise Invalid(WRONG)
    if action == lockouts.ACTION:
        await _require_reachable(context, user)
    renewed = await passwords.hashed(password) if passwords.outdated(stored) else None
    asked = user.totp_enabled_at is not None
    return Known(user.id, attempt.role, user.token_version, renewed, asked)


async def _require_reachable(context: Context, user: User) -> None:
    """Let nobody in whose address has to be verified first. Raises Conflict."""
    if context.equipment.policy.verify_email and not user.email_verified:
        await verifications.awaited(context, user, lockouts.ACTION)
        raise Conflict("open the link first that was just mailed to you", "email")


async def log_in(write: Transaction, known: Known, opening: Opening) -> User:
    """Begin a session of somebody known, unless they were locked out meanwhile."""
    return await enter(write, known, opening, User.totp_enabled_at.is_(None))


async def challenge(write: Transaction, known: Known) -> None:
    """Ask somebody known for a code: nothing begins as yet, and no failure is over."""
    write.actor = Actor(known.user_id, known.role)
    write.changes["secondFactor"] = {"asked": "true"}
    await write.serve()
    same = visible(SYSTEM, User).where(*_same(known), lockouts.unlocked())
    if await write.session.scalar(same.with_for_update()) is None:
        raise Invalid(WRONG)
    if known.renewed:
        await _set(write, known, password_hash=known.renewed)


async def enter(
    write: Transaction, known: Known, opening: Opening, *still: sa.ColumnElement[bool]
) -> User:
    """Begin a session of somebody who has shown all that they are asked for.

    Raises Invalid where that has changed, or these conditions hold no more.
    """
    now = utcnow()
    write.actor = Actor(known.user_id, known.role)
    changed: dict[str, Any] = {"last_login": now}
    changed |= {"failed_login_attempts": 0, "locked_until": None}
    if known.renewed:
        changed["password_hash"] = known.renewed
    user = await _set(write, known, lockouts.unlocked(), *still, **changed)
    if user is None:
        raise Invalid(WRONG)
    write.note(user, "last_login", None, now)
    await sessions.begin(write, user.id, opening)
    return user


async def _set(
    write: Transaction, known: Known, *still: sa.ColumnElement[bool], **changed: Any
) -> User | None:
    """Change the row of somebody known, if it is as it was then."""
    await write.serve()
    same = sa.update(User).where(*_same(known), *still)
    user = await write.session.scalar(same.values(**changed).returning(User))
    if user and "password_hash" in changed:
        write.note(user, "password_hash", "secret", "secret, made with more effort")
    return user


def _same(known: Known) -> list[sa.ColumnElement[bool]]:
    """Of the row of somebody known, that it is as it was then."""
    version = User.token_version == known.version
    return [User.id == known.user_id, User.is_active.is_(True), version]


async def _attempt(context: Context, email: str, action: str) -> Attempt:
    """What is known of an e-mail address that somebody tries, while they still may."""
    keys, throttle = context.equipment.keys, context.equipment.throttle
    address, policy = addresses.compared(email), context.equipment.policy
    fingerprint = addresses.fingerprint(keys, email)
    await throttle.hit(lockouts.ACTION, context.origin.address or "")
    inside = action in lockouts.INSIDE
    await throttle.hit(lockouts.ACTION, f"{'inside ' * inside}{fingerprint}")
    rows = with_roles(visible(SYSTEM, User)).where(addresses.whose(address))
    with patient():
        async with context.database.read() as session:
            found = (await session.execute(rows.add_columns(*HELD))).all()
            user = found[0][0] if found else None
            subject = user.id if user else UUID(fingerprint[:32])
            failed = await lockouts.failures(session, action, subject, policy)
    role = effective([one[1:] for one in found])[0] if found else BaseRole.ANYONE
    return Attempt(user, role, subject, lockouts.ends(failed, policy))


async def _write_down(
    context: Context, attempt: Attempt, action: str, code: str
) -> None:
    """Write a failure down, which counts it, in a transaction of its own."""
    user, subject, policy = attempt.user, attempt.subject, context.equipment.policy

    async def work(write: Transaction) -> None:
        write.changes["refused"] = {"code": code}
        if user is None:
            write.changes["refused"]["email"] = subject.hex[:16]
        if code != RateLimited.code and action in lockouts.OUTSIDE:
            await lockouts.count(write, subject, policy)  # of nobody, too, for the time
        failure = Outcome.FAILURE
        await entries.append(write, action, user, status=failure, entity_id=subject)

    await context.written(work)
