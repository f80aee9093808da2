"""Rotations: a refresh token is spent for its successor, and is worth nothing then."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from db import faultpoints
from db.base import utcnow
from db.models import Outcome, RefreshToken, Session, User
from resolvers.access import SYSTEM, Actor, visible
from resolvers.context import Context
from resolvers.errors import Unauthenticated, patient
from resolvers.identity import letters, tokens
from resolvers.identity.sessions import end, prolong
from resolvers.identity.standings import Standing, standing
from resolvers.identity.tokens import Refresh
from resolvers.platform.events import conclude
from resolvers.policy import Policy
from resolvers.writes import Transaction

REUSE = "refreshReuse"
"""What the audit calls it, and why a session ended by it."""


class Replayed(Unauthenticated):
    """A refresh token was shown again: by its owner, or by whoever took it."""

    def __init__(self, session_id: UUID) -> None:
        super().__init__(tokens.OVER)
        self.session_id = session_id


@dataclass(frozen=True, slots=True, repr=False)
class Rotation:
    """A refresh token that is shown, and the one that follows it."""

    hashes: Sequence[str]
    """What may be kept of the token that is shown."""
    child: Refresh
    idle: timedelta
    grace: timedelta


async def prepared(context: Context, shown: str) -> Rotation:
    """What a refresh token leads to, if it is one.

    Raises Unauthenticated, and RateLimited.
    """
    equipment = context.equipment
    await equipment.throttle.hit("tokenRefresh", context.origin.address or "")
    keys, policy = equipment.keys, equipment.policy
    return Rotation(
        tokens.hashes(keys, shown),
        tokens.successor(keys, shown),
        timedelta(seconds=policy.refresh_idle),
        timedelta(seconds=policy.refresh_grace),
    )


async def rotate(write: Transaction, rotation: Rotation) -> Session:
    """Spend a refresh token for its successor.

    Shown again soon after, and before the successor is, it leads to the same one: two
    windows of a browser both go on. Raises Replayed where it is shown again otherwise.
    """
    session = await _session(write, rotation)
    stands = await standing(write.session, session.owner_id, session.id)
    if stands is None:
        raise Unauthenticated(tokens.OVER)
    write.actor = Actor(session.owner_id, stands.role)
    if parent := await _spend(write, rotation):
        child = await prolong(write, session, rotation.child, rotation.idle)
        parent.replaced_by_id = child.id
        session.refresh_token_hash, session.last_used = child.token_hash, utcnow()
    elif not await _spent_just_now(write, rotation):
        raise Replayed(session.id)
    return session


@asynccontextmanager
async def replays_ended(context: Context) -> AsyncGenerator[None]:
    """End the session of a token that is Replayed, write it down, and tell its user."""
    try:
        yield
    except Replayed as replayed:
        session_id, policy = replayed.session_id, context.equipment.policy
        await context.written(lambda write: _end(write, session_id, policy))
        raise


async def resumed(context: Context, session: Session) -> Standing:
    """How the user of a session stands that was just kept alive.

    Raises Unauthenticated if it was ended since.
    """
    await faultpoints.pass_by("refresh.after_rotate")
    with patient():
        async with context.database.read() as reading:
            stands = await standing(reading, session.owner_id, session.id)
    if stands is None:
        raise Unauthenticated(tokens.OVER)
    return stands


async def _session(write: Transaction, rotation: Rotation) -> Session:
    """The session of the token that is shown, locked. Raises Unauthenticated."""
    await write.serve()
    rows = visible(SYSTEM, Session).join(
        RefreshToken, RefreshToken.session_id == Session.id
    )
    shown = rows.where(RefreshToken.token_hash.in_(rotation.hashes))
    session = await write.session.scalar(shown.with_for_update(of=Session))
    if session is None:
        raise Unauthenticated(tokens.OVER)
    return session


async def _spend(write: Transaction, rotation: Rotation) -> RefreshToken | None:
    """The token, if it was not spent before. Of any number at a time, one spends it."""
    now = utcnow()
    spent = (
        sa.update(RefreshToken)
        .where(RefreshToken.token_hash.in_(rotation.hashes))
        .where(RefreshToken.used_at.is_(None), RefreshToken.revoked_at.is_(None))
        .where(RefreshToken.expires_at > now)
        .values(used_at=now)
        .returning(RefreshToken)
    )
    if token := await write.session.scalar(spent):
        write.note(token, "used_at", None, now)
    return token


async def _spent_just_now(write: Transaction, rotation: Rotation) -> bool:
    """Whether the token was spent so lately that its successor is still unused.

    Raises Unauthenticated for one that was never spent: it is too old.
    """
    rows = visible(SYSTEM, RefreshToken)
    shown = rows.where(RefreshToken.token_hash.in_(rotation.hashes))
    parent = (await write.session.scalars(shown)).one()
    if parent.used_at is None:
        raise Unauthenticated(tokens.OVER)
    unused = rows.where(RefreshToken.id == parent.replaced_by_id)
    child = await write.session.scalar(unused.where(RefreshToken.used_at.is_(None)))
    return child is not None and utcnow() - parent.used_at <= rotation.grace


async def _end(write: Transaction, session_id: UUID, policy: Policy) -> None:
    await write.serve()
    rows = visible(SYSTEM, Session).where(Session.id == session_id)
    session = (await write.session.scalars(rows.with_for_update())).one()
    if session.revoked_at is None:
        await end(write, session, REUSE)
        user = await write.session.get_one(User, session.owner_id)
        write.letters.append(letters.reused(policy, user.email))
        await conclude(write, REUSE, session, status=Outcome.FAILURE)
