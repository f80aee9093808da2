"""Whether somebody who was let in may still be here."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from db.base import utcnow
from db.models import Role, Session, User
from resolvers.access import SYSTEM, BaseRole, visible

CHANGED = "session"
"""The topic on which is told that somebody's standing has changed."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody's session is good for at this moment."""

    role: BaseRole
    version: int
    """Of the user's tokens: those that say another have been revoked."""


async def standing(
    session: AsyncSession, user_id: UUID, session_id: UUID
) -> Standing | None:
    """How somebody stands: None if the session has ended, or the account is closed."""
    rows = (
        visible(SYSTEM, Session)
        .join(User, User.id == Session.owner_id)
        .join(Role, Role.id == User.role_id)
        .where(Session.id == session_id, Session.owner_id == user_id)
        .where(Session.revoked_at.is_(None), Session.expires_at > utcnow())
        .where(User.is_active)
        .with_only_columns(Role.name, User.token_version)
    )
    found = (await session.execute(rows)).one_or_none()
    return Standing(BaseRole(found[0]), found[1]) if found else None
