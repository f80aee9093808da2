"""Whether somebody who was let in may still be here, and what they may do."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from db.base import utcnow
from db.models import Role, Session, Tier, User, UserRole
from resolvers.access import GRANTS, SYSTEM, Actor, BaseRole, Permission, visible
from resolvers.context import Context
from resolvers.errors import patient

CHANGED = "session"
"""The topic on which is told that somebody's standing has changed."""
GRANT, OTHER = aliased(UserRole), aliased(Role)
HELD = (Role.name, OTHER.name, OTHER.permissions)
"""Of a user's row that is joined by `with_roles`, once for each role besides."""
Held = Sequence[Any]
"""The values of these."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody's session is good for at this moment."""

    role: BaseRole
    version: int
    """Of the user's tokens: those that say another have been revoked."""
    granted: frozenset[Permission] | None = None
    """What they may do, where that is not what the role says."""
    tier: Tier = field(default=Tier.FREE, compare=False)


async def standing(
    session: AsyncSession, user_id: UUID, session_id: UUID
) -> Standing | None:
    """How somebody stands: None if the session has ended, or the account is closed."""
    rows = (
        with_roles(visible(SYSTEM, Session).join(User, User.id == Session.owner_id))
        .where(Session.id == session_id, Session.owner_id == user_id)
        .where(Session.revoked_at.is_(None), Session.expires_at > utcnow())
        .where(User.is_active)
        .with_only_columns(*HELD, User.token_version, User.tier)
    )
    found = (await session.execute(rows)).all()
    if not found:
        return None
    role, granted = effective([one[:3] for one in found])
    return Standing(role, found[0].token_version, granted, found[0].tier)


async def account(session: AsyncSession, user_id: UUID) -> Actor | None:
    """Who somebody is when they ask: None if their account is closed."""
    rows = with_roles(visible(SYSTEM, User)).where(User.id == user_id, User.is_active)
    found = (await session.execute(rows.with_only_columns(*HELD))).all()
    return Actor(user_id, *effective(found)) if found else None


async def permitted(context: Context, user_id: UUID) -> list[Permission]:
    """What somebody may do, by all of their roles."""

    async def batch(ids: list[UUID]) -> list[list[Permission]]:
        with patient():
            async with context.database.read() as session:
                return await _permissions(session, ids)

    return await context.loaders.of(permitted, batch).load(user_id)


async def _permissions(
    session: AsyncSession, user_ids: Sequence[UUID]
) -> list[list[Permission]]:
    rows = with_roles(visible(SYSTEM, User)).where(User.id.in_(user_ids))
    held: dict[UUID, list[Held]] = defaultdict(list)
    for id_, *one in await session.execute(rows.with_only_columns(User.id, *HELD)):
        held[id_].append(one)
    return [_spelt(held[id_]) for id_ in user_ids]


def _spelt(held: Sequence[Held]) -> list[Permission]:
    return sorted(Actor(None, *effective(held)).permissions) if held else []


def with_roles(users: sa.Select[Any]) -> sa.Select[Any]:
    """Rows with a user, once for each role that the user has besides the first."""
    first = users.join(Role, Role.id == User.role_id)
    besides = first.outerjoin(GRANT, GRANT.owner_id == User.id)
    return besides.outerjoin(OTHER, OTHER.id == GRANT.role_id)


def effective(held: Sequence[Held]) -> tuple[BaseRole, frozenset[Permission] | None]:
    """The role that decides what somebody sees, and what they may do if that is else.

    To be granted `admin` is to be one. No other role widens what is seen.
    """
    base = BaseRole(held[0][0])
    besides = [(name, said) for _, name, said in held if name is not None]
    if any(name == BaseRole.ADMIN for name, _ in besides):
        base = BaseRole.ADMIN
    may = GRANTS[base].union(*(allowed(name, said) for name, said in besides))
    return base, None if may == GRANTS[base] else may


def allowed(name: str, said: Iterable[str]) -> frozenset[Permission]:
    """What the holders of a role may do. A permission that is no more is none."""
    known = {str(one) for one in BaseRole}
    return GRANTS[BaseRole(name)] if name in known else scoped(said)


def scoped(said: Iterable[str]) -> frozenset[Permission]:
    """The permissions among some words."""
    words = {*said}
    return frozenset(one for one in Permission if one in words)
