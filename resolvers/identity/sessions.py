"""Sessions: begun by signing in, and ended."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from db.base import utcnow
from db.models import RefreshToken, Session, User
from resolvers.access import Actor, require_person, require_user
from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.errors import BadRequest, InvalidTransition
from resolvers.identity import tokens
from resolvers.identity.standings import CHANGED
from resolvers.identity.tokens import Refresh
from resolvers.writes import Transaction

LONGEST = 255
"""Characters that are kept of a program's name for itself."""
REVOKED = "revoked"
"""Why a session ended that its owner ended from elsewhere."""
PLATFORMS = {
    "iPhone": "iOS",
    "iPad": "iOS",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "Macintosh": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}
"""What a program says of where it runs, and what that is called. The first counts."""


@dataclass(frozen=True, slots=True, repr=False)
class Opening:
    """A session that is about to begin."""

    id: UUID
    refresh: Refresh
    idle: timedelta
    """How long it lives without being kept alive."""
    absolute: timedelta
    """How long it lives at all."""


def opening(equipment: Equipment) -> Opening:
    """A session for whoever will turn out to be let in."""
    policy = equipment.policy
    return Opening(
        uuid7(),
        tokens.fresh(equipment.keys),
        timedelta(seconds=policy.refresh_idle),
        timedelta(seconds=policy.refresh_absolute),
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
        proved_at=now,
        device_info={
            "userAgent": agent and agent[:LONGEST],
            "platform": _platform(agent or ""),
            "address": write.origin.address,
        },
    )
    await write.add(session)
    await prolong(write, session, opening.refresh, opening.idle)
    return session


async def prolong(
    write: Transaction, session: Session, refresh: Refresh, idle: timedelta
) -> RefreshToken:
    """Add a token to the chain that keeps a session alive, until its end at most."""
    token = RefreshToken(
        owner_id=session.owner_id,
        session_id=session.id,
        token_hash=refresh.hash,
        expires_at=min(utcnow() + idle, session.expires_at),
    )
    return await write.add(token)


async def log_out(write: Transaction) -> Session:
    """End the session that the actor is signed in by."""
    require_user(write.actor)
    if write.origin.session_id is None:
        raise BadRequest("there is no session to end: this token belongs to none")
    session = await write.get(Session, write.origin.session_id)
    await end(write, session, "logout")
    return session


async def revoke(write: Transaction, session_id: UUID) -> Session:
    """End a session by its id. Raises InvalidTransition for one that has ended."""
    require_person(write.actor)
    session = await write.get(Session, session_id)
    if session.revoked_at is not None:
        raise InvalidTransition("this session has ended already", "id")
    await end(write, session, REVOKED)
    return session


async def revoke_others(write: Transaction) -> int:
    """End the actor's sessions but this one, and tell how many those were."""
    user_id = require_person(write.actor)
    return await end_others(write, user_id, write.origin.session_id)


async def end(write: Transaction, session: Session, reason: str) -> None:
    """End a session that is locked, with all of its tokens."""
    session.revoked_at, session.revoked_reason = utcnow(), reason
    mine = sa.update(RefreshToken).where(RefreshToken.session_id == session.id)
    live = mine.where(RefreshToken.revoked_at.is_(None))
    await write.session.execute(live.values(revoked_at=session.revoked_at))
    write.announce(CHANGED, session)


async def end_others(
    write: Transaction, user_id: UUID, keep: UUID | None, reason: str = REVOKED
) -> int:
    """End all sessions of a user, but perhaps one, and tell how many those were."""
    now, run = utcnow(), write.session.execute
    mine = sa.update(Session).where(Session.owner_id == user_id, Session.id != keep)
    live = mine.where(Session.revoked_at.is_(None), Session.expires_at > now)
    ended: Any = await run(live.values(revoked_at=now, revoked_reason=reason))
    theirs = sa.update(RefreshToken).where(RefreshToken.owner_id == user_id)
    unused = theirs.where(RefreshToken.session_id != keep)
    unused = unused.where(RefreshToken.revoked_at.is_(None))
    await run(unused.values(revoked_at=now))
    write.changes["ended"] = {"sessions": str(ended.rowcount)}
    write.announced.append((CHANGED, user_id, user_id))
    return ended.rowcount


async def forget(write: Transaction, user_id: UUID) -> None:
    """Keep nothing of where a user was signed in."""
    theirs = sa.delete(Session).where(Session.owner_id == user_id)
    await write.session.execute(theirs)


async def end_all(write: Transaction, reason: str) -> None:
    """End everybody's sessions, where no server runs that would have to be told."""
    now, run = utcnow(), write.session.execute
    live = sa.update(Session).where(Session.revoked_at.is_(None))
    ended: Any = await run(live.values(revoked_at=now, revoked_reason=reason))
    unused = sa.update(RefreshToken).where(RefreshToken.revoked_at.is_(None))
    await run(unused.values(revoked_at=now))
    users: Any = await run(sa.update(User).values(token_version=User.token_version + 1))
    counts = {"sessions": str(ended.rowcount), "users": str(users.rowcount)}
    write.changes["ended"] = counts


def enter(context: Context, actor: Actor, session_id: UUID) -> None:
    """Go on as somebody who has just been let in."""
    context.become(actor)
    context.origin = replace(context.origin, session_id=session_id)


def _platform(agent: str) -> str | None:
    """What a program runs on, as far as it says."""
    return next((name for mark, name in PLATFORMS.items() if mark in agent), None)
