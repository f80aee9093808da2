"""Logins: the same answer, in the same time, whatever it is that was wrong."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from db.base import utcnow
from db.models import Outcome, Role, User
from resolvers.access import SYSTEM, Actor, BaseRole, visible
from resolvers.context import Context
from resolvers.errors import Invalid, RateLimited, patient
from resolvers.identity import addresses, sessions
from resolvers.identity.sessions import Opening
from resolvers.platform.events import conclude
from resolvers.policy import Policy
from resolvers.writes import Transaction

ACTION = "login"
WRONG = "the e-mail address or the password is wrong"
LOCKED = "too many wrong passwords; wait a while"


@dataclass(frozen=True, slots=True, repr=False)
class Known:
    """Somebody who has shown that they know the password."""

    user_id: UUID
    role: BaseRole
    version: int
    """Of their tokens, as it was then: a new password makes it another."""
    renewed: str | None
    """The password's hash, where it has to be made with more effort now."""


@dataclass(frozen=True, slots=True, repr=False)
class Attempt:
    """A login that is tried. There may be no such user."""

    user: User | None
    role: BaseRole
    fingerprint: str
    """Of the e-mail address: it counts tries without keeping what was typed."""

    @property
    def locked(self) -> bool:
        until = self.user and self.user.locked_until
        return until is not None and until > utcnow()


async def verified(context: Context, email: str, password: str) -> Known:
    """Whoever has this e-mail address and password.

    Raises Invalid, and RateLimited after too many tries. Either is written down, but
    for tries beyond what an address may make at all.
    """
    attempt = await _attempt(context, addresses.compared(email))
    user, passwords = attempt.user, context.equipment.passwords
    try:
        await _admit(context, attempt)
    except RateLimited:
        await _write_down(context, attempt, "RATE_LIMITED")
        raise
    stored = user and user.password_hash
    right = await passwords.verified(stored, password)
    if not (user and stored and right and user.is_active):
        await _write_down(context, attempt, "INVALID")
        raise Invalid(WRONG)
    renewed = await passwords.hashed(password) if passwords.outdated(stored) else None
    return Known(user.id, attempt.role, user.token_version, renewed)


async def log_in(write: Transaction, known: Known, opening: Opening) -> User:
    """Begin a session of somebody known, unless they were locked out meanwhile."""
    now = utcnow()
    write.actor = Actor(known.user_id, known.role)
    changed: dict[str, Any] = {"last_login": now}
    if known.renewed:
        changed["password_hash"] = known.renewed
    entered = (
        sa.update(User)
        .where(User.id == known.user_id, User.is_active, _open())
        .where(User.token_version == known.version)
        .values(failed_login_attempts=0, locked_until=None, **changed)
        .returning(User)
    )
    if (user := await write.session.scalar(entered)) is None:
        raise Invalid(WRONG)
    write.note(user, "last_login", None, now)
    if known.renewed:
        write.note(user, "password_hash", "secret", "secret, made with more effort")
    await sessions.begin(write, user.id, opening)
    return user


async def _attempt(context: Context, address: str) -> Attempt:
    """What is known of an e-mail address that somebody tries, while they still may."""
    keys, throttle = context.equipment.keys, context.equipment.throttle
    fingerprint = keys.fingerprint("e-mail address", address)
    await throttle.hit(ACTION, context.origin.address or "")
    await throttle.hit(ACTION, fingerprint)
    rows = visible(SYSTEM, User).join(Role, Role.id == User.role_id)
    rows = rows.where(sa.func.lower(User.email) == address).add_columns(Role.name)
    with patient():
        async with context.database.read() as session:
            found = (await session.execute(rows)).one_or_none()
    if found is None:
        return Attempt(None, BaseRole.ANYONE, fingerprint)
    return Attempt(found[0], BaseRole(found[1]), fingerprint)


async def _admit(context: Context, attempt: Attempt) -> None:
    """Raise RateLimited for who is locked out, and for nobody as though they were."""
    error = RateLimited(LOCKED, context.equipment.policy.lock)
    if attempt.locked:
        raise error
    if attempt.user is None:
        try:
            await context.equipment.throttle.hit("lock", attempt.fingerprint)
        except RateLimited:
            raise error from None


async def _write_down(context: Context, attempt: Attempt, code: str) -> None:
    """Count a failure, and write it down, in one transaction."""
    user, policy = attempt.user, context.equipment.policy

    async def work(write: Transaction) -> None:
        write.changes["refused"] = {"code": code}
        if user:
            await _count(write, user, policy)
        else:
            write.changes["refused"]["email"] = attempt.fingerprint[:16]
        await conclude(write, ACTION, user, status=Outcome.FAILURE)

    await context.written(work)


async def _count(write: Transaction, user: User, policy: Policy) -> None:
    """Count a wrong password; the last that is allowed locks the account."""
    now, before = utcnow(), User.failed_login_attempts
    failures = sa.case((User.locked_until.is_not(None), 1), else_=before + 1)
    last = failures >= policy.failures_until_lock
    ends = sa.literal(now + timedelta(seconds=policy.lock), User.locked_until.type)
    until = sa.case((last, ends), else_=None)
    counted = (
        sa.update(User)
        .where(User.id == user.id, _open())
        .values(failed_login_attempts=failures, locked_until=until)
        .returning(User.failed_login_attempts, User.locked_until)
    )
    if found := (await write.session.execute(counted)).one_or_none():
        attempts, locked = found
        write.note(user, "failed_login_attempts", user.failed_login_attempts, attempts)
        if locked:
            write.note(user, "locked_until", user.locked_until, locked)


def _open() -> sa.ColumnElement[bool]:
    """Whether an account is not locked at this moment."""
    return User.locked_until.is_(None) | (User.locked_until <= utcnow())
