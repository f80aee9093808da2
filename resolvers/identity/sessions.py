"""Sessions: begun by signing in, kept alive by refresh tokens, ended."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from db import faultpoints
from db.base import utcnow
from db.models import Outcome, RefreshToken, Session
from resolvers.access import SYSTEM, Actor, require_user, visible
from resolvers.audit import entries
from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.errors import BadRequest, Unauthenticated, patient
from resolvers.identity import tokens
from resolvers.identity.standings import CHANGED, Standing, standing
from resolvers.identity.tokens import Refresh
from resolvers.writes import Transaction

OVER = "this refresh token is not valid, or no longer"
LONGEST = 255
"""Characters that are kept of a program's name for itself."""


class Replayed(Unauthenticated):
    """A refresh token was shown again: by its owner, or by whoever took it."""

    def __init__(self, session_id: UUID) -> None:
        super().__init__(OVER)
        self.session_id = session_id


@dataclass(frozen=True, slots=True, repr=False)
class Opening:
    """A session that is about to begin."""

    id: UUID
    refresh: Refresh
    idle: timedelta
    absolute: timedelta


@dataclass(frozen=True, slots=True, repr=False)
class Rotation:
    """A refresh token that is shown, and the one that follows it."""

    hashes: Sequence[str]
    child: Refresh
    idle: timedelta
    grace: timedelta


def opening(equipment: Equipment) -> Opening:
    """A session for whoever will turn out to be let in."""
    policy = equipment.policy
    idle, absolute = policy.refresh_idle, policy.refresh_absolute
    return Opening(
        uuid7(),
        tokens.fresh(equipment.keys),
        timedelta(seconds=idle),
        timedelta(seconds=absolute),
    )


async def rotation(context: Context, shown: str) -> Rotation:
    """What a refresh token leads to, if it is one. Raises Unauthenticated."""
    equipment = context.equipment
    await equipment.throttle.hit("tokenRefresh", context.origin.address or "")
    keys, policy = equipment.keys, equipment.policy
    return Rotation(
        tokens.hashes(keys, shown),
        tokens.successor(keys, shown),
        timedelta(seconds=policy.refresh_idle),
        timedelta(seconds=policy.refresh_grace),
    )


async def begin(write: Transaction, user_id: UUID, opening: Opening) -> Session:
    """Begin a session of a user who has just shown who they are."""
    now, agent = utcnow(), write.origin.user_agent
    session = Session(
        id=opening.id,
        owner_id=user_id,
        refresh_token_hash=opening.refresh.hash,
        expires_at=now + opening.absolute,
        last_used=now,
        device_info={
            "userAgent": agent and agent[:LONGEST],
            "address": write.origin.address,
        },
    )
    await write.add(session)
    await _grow(write, session, opening.refresh, opening.idle)
    return session


async def rotate(write: Transaction, rotation: Rotation) -> Session:
    """Spend a refresh token for its successor.

    Shown again soon after, and before the successor is, it leads to the same one: two
    windows of a browser both go on. Raises Replayed where it is shown again otherwise.
    """
    session = await _session_of(write, rotation.hashes)
    stands = await standing(write.session, session.owner_id, session.id)
    if stands is None:
        raise Unauthenticated(OVER)
    write.actor = Actor(session.owner_id, stands.role)
    if parent := await _spend(write, rotation.hashes):
        child = await _grow(write, session, rotation.child, rotation.idle)
        parent.replaced_by_id = child.id
        session.refresh_token_hash, session.last_used = child.token_hash, utcnow()
    elif not await _spent_just_now(write, rotation):
        raise Replayed(session.id)
    return session


async def log_out(write: Transaction) -> Session:
    """End the session that the actor is signed in by."""
    require_user(write.actor)
    if write.origin.session_id is None:
        raise BadRequest("there is no session to end: this token belongs to none")
    session = await write.get(Session, write.origin.session_id)
    await end(write, session, "logout")
    return session


async def end(write: Transaction, session: Session, reason: str) -> None:
    """End a session that is locked, with all of its tokens."""
    session.revoked_at, session.revoked_reason = utcnow(), reason
    mine = sa.update(RefreshToken).where(RefreshToken.session_id == session.id)
    live = mine.where(RefreshToken.revoked_at.is_(None))
    await write.session.execute(live.values(revoked_at=session.revoked_at))
    write.announce(CHANGED, session)


@asynccontextmanager
async def replays_ended(context: Context) -> AsyncGenerator[None]:
    """End the session of a token that is Replayed, and write that down."""
    try:
        yield
    except Replayed as replayed:
        session_id = replayed.session_id
        await context.written(lambda write: _end_replayed(write, session_id))
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
        raise Unauthenticated(OVER)
    return stands


def enter(context: Context, actor: Actor, session_id: UUID) -> None:
    """Go on as somebody who has just been let in."""
    context.become(actor)
    context.origin = replace(context.origin, session_id=session_id)


async def _end_replayed(write: Transaction, session_id: UUID) -> None:
    rows = visible(SYSTEM, Session).where(Session.id == session_id)
    session = (await write.session.scalars(rows.with_for_update())).one()
    if session.revoked_at is None:
        await end(write, session, "refreshReuse")
        await entries.append(write, "refreshReuse", session, status=Outcome.FAILURE)


async def _session_of(write: Transaction, hashes: Sequence[str]) -> Session:
    """The session of a refresh token, locked. Raises Unauthenticated."""
    shown = RefreshToken.token_hash.in_(hashes)
    rows = visible(SYSTEM, Session).join(
        RefreshToken, RefreshToken.session_id == Session.id
    )
    locked = rows.where(shown).with_for_update(of=Session)
    if (session := await write.session.scalar(locked)) is None:
        raise Unauthenticated(OVER)
    return session


async def _spend(write: Transaction, hashes: Sequence[str]) -> RefreshToken | None:
    """The token, if it was not spent before. Of any number at a time, one spends it."""
    now = utcnow()
    spent = (
        sa.update(RefreshToken)
        .where(RefreshToken.token_hash.in_(hashes), RefreshToken.used_at.is_(None))
        .where(RefreshToken.revoked_at.is_(None), RefreshToken.expires_at > now)
        .values(used_at=now)
        .returning(RefreshToken)
    )
    if token := await write.session.scalar(spent):
        write.note(token, "used_at", None, now)
    return token


async def _spent_just_now(write: Transaction, rotation: Rotation) -> bool:
    """Whether a token was spent so lately that its successor is still unused.

    Raises Unauthenticated for one that was never spent: it is too old.
    """
    rows = visible(SYSTEM, RefreshToken)
    shown = rows.where(RefreshToken.token_hash.in_(rotation.hashes))
    parent = (await write.session.scalars(shown)).one()
    if parent.used_at is None:
        raise Unauthenticated(OVER)
    unused = rows.where(RefreshToken.id == parent.replaced_by_id)
    unused = unused.where(RefreshToken.used_at.is_(None))
    child = await write.session.scalar(unused)
    return child is not None and utcnow() - parent.used_at <= rotation.grace


async def _grow(
    write: Transaction, session: Session, refresh: Refresh, idle: timedelta
) -> RefreshToken:
    """Add a token to the chain that keeps a session alive."""
    ends: datetime = min(utcnow() + idle, session.expires_at)
    token = RefreshToken(
        owner_id=session.owner_id,
        session_id=session.id,
        token_hash=refresh.hash,
        expires_at=ends,
    )
    return await write.add(token)
