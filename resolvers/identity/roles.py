"""Roles: made of permissions, granted to people, and taken from them."""

import re
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from db.models import Role, User, UserRole
from resolvers.access import SYSTEM, Actor, BaseRole, Permission, require, visible
from resolvers.errors import Conflict, Forbidden, Invalid
from resolvers.identity.accounts import ROLES
from resolvers.identity.proofs import require_proof
from resolvers.identity.standings import CHANGED, allowed, scoped
from resolvers.writes import Transaction

ADMIN = ROLES[BaseRole.ADMIN]
NAME = re.compile(r"[a-z][a-z0-9_-]{0,49}")
DESCRIPTION = 500
"""Characters of a description."""


async def create(
    write: Transaction,
    name: str,
    description: str | None,
    permissions: Sequence[Permission],
) -> Role:
    """Make a role that allows no more than the actor may do."""
    await _require_manager(write, Permission.MANAGE_ROLES)
    role = Role(name=name, description=description, permissions=_spelt(permissions))
    _require_sayable(role)
    _require_held(write.actor, permissions)
    return await write.add(role, uq_roles_name="name")


async def update(
    write: Transaction, id_: UUID, expected: int | None, changes: dict[str, Any]
) -> Role:
    """Change a role; its holders may do what it says within five seconds."""
    await _require_manager(write, Permission.MANAGE_ROLES)
    role = await write.get(Role, id_, expected=expected)
    _require_ours(role)
    if "permissions" in changes:
        wished, there = changes["permissions"] or (), scoped(role.permissions)
        _require_held(write.actor, {*wished} - there)
        changes = {**changes, "permissions": _spelt(wished)}
    for column, value in changes.items():
        setattr(role, column, value)
    _require_sayable(role)
    await write.flush(role, uq_roles_name="name")
    return role


async def delete(write: Transaction, id_: UUID) -> Role:
    """Delete a role. Whoever was granted it has it no more within five seconds."""
    await _require_manager(write, Permission.MANAGE_ROLES)
    role = await write.get(Role, id_)
    _require_ours(role)
    await write.delete(role)
    return role


async def assign(write: Transaction, user_id: UUID, role_id: UUID) -> User:
    """Grant a role besides the first. To grant it again changes nothing."""
    await _require_manager(write, Permission.MANAGE_USERS)
    user = await write.get(User, user_id, "user")
    role = await write.see(Role, role_id, "role")
    require_grantable(write.actor, role)
    await grant(write, user_id, role)
    return user


async def grant(write: Transaction, user_id: UUID, role: Role) -> None:
    """Give somebody, whose row is locked, a role that they may have already."""
    if await _held(write, user_id, role.id) is None:
        given = UserRole(owner_id=user_id, role_id=role.id)
        given.assigned_by = write.actor.user_id
        await write.add(given)
        write.announced.append((CHANGED, user_id, user_id))


async def unassign(write: Transaction, user_id: UUID, role_id: UUID) -> User:
    """Take a role away that was granted besides the first."""
    await _require_manager(write, Permission.MANAGE_USERS)
    user = await write.get(User, user_id, "user")
    role = await write.see(Role, role_id, "role")
    require_grantable(write.actor, role)
    if (held := await _held(write, user_id, role_id)) is None:
        raise Conflict("they were not granted this role", "role")
    if role_id == ADMIN and user.role_id != ADMIN:
        await require_another_admin(write, user_id, "user")
    await write.delete(held)
    write.announced.append((CHANGED, user_id, user_id))
    return user


async def set_base(write: Transaction, user_id: UUID, role_id: UUID) -> User:
    """Say what somebody's first role is, which decides what they see."""
    await _require_manager(write, Permission.MANAGE_USERS)
    user = await write.get(User, user_id, "user")
    role = await write.see(Role, role_id, "role")
    if not role.is_system:
        raise Invalid(f"a first role is admin, user or viewer, not {role.name}", "role")
    before = await write.see(Role, user.role_id)
    for one in (role, before):
        require_grantable(write.actor, one)
    if before.id == ADMIN != role.id and not await _held(write, user_id, ADMIN):
        await require_another_admin(write, user_id, "user")
    user.role_id = role.id
    write.announced.append((CHANGED, user_id, user_id))
    return user


async def require_another_admin(
    write: Transaction, leaving: UUID, field: str = "id"
) -> None:
    """Refuse to lose the last administrator. Whoever asks has their turn alone.

    Of two who are removed at the same time the second waits here, and is counted
    only then.
    """
    await write.serve()
    role = visible(SYSTEM, Role).where(Role.id == ADMIN)
    await write.session.execute(role.with_for_update(key_share=True))
    others = visible(SYSTEM, User).where(User.id != leaving, User.is_active)
    another = others.where(is_admin(SYSTEM, User)).limit(1)
    if await write.session.scalar(another) is None:
        raise Conflict("the last administrator cannot be removed", field)


def is_admin(_: Actor, user: Any) -> sa.ColumnElement[bool]:
    """Whether they see and may do everything, by their first role or another."""
    held = aliased(UserRole)
    besides = sa.exists().where(held.owner_id == user.id, held.role_id == ADMIN)
    return (user.role_id == ADMIN) | besides


def require_grantable(actor: Actor, role: Role) -> None:
    """Refuse to give what the actor has not. Raises Forbidden."""
    if role.id == ADMIN and actor.role is not BaseRole.ADMIN:
        raise Forbidden("only an administrator makes administrators")
    _require_held(actor, allowed(role.name, role.permissions))


async def _require_manager(write: Transaction, permission: Permission) -> None:
    require(write.actor, permission)
    await require_proof(write)
    await write.serve()  # a role is nobody's own


async def _held(write: Transaction, user_id: UUID, role_id: UUID) -> UserRole | None:
    rows = visible(SYSTEM, UserRole).where(
        UserRole.owner_id == user_id, UserRole.role_id == role_id
    )
    return await write.session.scalar(rows)


def _require_ours(role: Role) -> None:
    if role.is_system:
        raise Conflict(f"the role {role.name} is the server's own", "id")


def _require_held(actor: Actor, permissions: Iterable[Permission]) -> None:
    if lacking := sorted({*permissions} - actor.permissions):
        said = f"you have no permission {lacking[0].name}, and so cannot grant it"
        raise Forbidden(said)


def _require_sayable(role: Role) -> None:
    if not NAME.fullmatch(role.name or ""):
        said = f"{role.name!r:.60} is no role: a small letter, then up to 49 more,"
        raise Invalid(f"{said} digits, hyphens and underscores", "name")
    if role.name in {str(one) for one in BaseRole}:
        raise Invalid(f"the name {role.name} has a meaning already", "name")
    if len(role.description or "") > DESCRIPTION:
        said = f"a description has at most {DESCRIPTION} characters"
        raise Invalid(said, "description")


def _spelt(permissions: Sequence[Permission]) -> list[str]:
    return sorted({str(one) for one in permissions})
