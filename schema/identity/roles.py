"""Roles, and who was granted them."""

from datetime import datetime

import strawberry

from db import models
from resolvers.access import Permission
from resolvers.identity import roles
from resolvers.identity.standings import allowed
from schema.connections import Connection
from schema.edges import found, listed, to_many, to_one
from schema.ids import row_id
from schema.lists.identity import RoleFilter, RoleOrder, UserRoleFilter, UserRoleOrder
from schema.nodes import Entity, Info
from schema.perform import (
    Creation,
    Keyed,
    Payload,
    Versioned,
    given,
    perform,
    perform_once,
)
from schema.refs import UserRef, UserRoleRef


@strawberry.type
class Role(Entity, of=models.Role):
    """What its holders may do."""

    created_at: datetime
    updated_at: datetime
    version: int
    name: str
    description: str | None
    is_system: bool
    permissions: list[Permission] = strawberry.field(
        resolver=lambda root: sorted(allowed(root.name, root.permissions))
    )
    """What its holders may do, one by one."""
    holders: Connection[UserRoleRef] = to_many(
        models.UserRole.role_id, UserRoleFilter, UserRoleOrder
    )
    """Who was granted it besides their first role, as far as you may see."""


@strawberry.type
class UserRole(Entity, of=models.UserRole):
    """A role that somebody was granted besides their first."""

    created_at: datetime
    user: UserRef = to_one(models.UserRole.owner_id)
    """Whoever holds it."""
    role: Role = to_one(models.UserRole.role_id)
    """The role."""
    assigned_by: UserRef | None = to_one(models.UserRole.assigned_by)
    """Whoever granted it."""


@strawberry.input
class RoleCreateInput(Keyed):
    """The role to be made."""

    name: str
    """Its name: a small letter, then small letters, digits, hyphens, underscores."""
    permissions: list[Permission]
    """What its holders may do; no more than you may."""
    description: str | None = None
    """What it is for."""


@strawberry.type
class RoleCreatePayload(Creation):
    """The new role."""

    role: Role | None
    """Null where there are errors."""


@strawberry.input
class RoleUpdateInput(Versioned):
    """What is to be different about a role."""

    id: strawberry.ID
    """The role: none that the server brings."""
    name: str | None = strawberry.UNSET
    """Its name."""
    permissions: list[Permission] | None = strawberry.UNSET
    """What its holders may do; nothing new that you may not."""
    description: str | None = strawberry.UNSET
    """What it is for."""


@strawberry.type
class RoleUpdatePayload(Payload):
    """The role as it is now."""

    role: Role | None
    """Null where there are errors."""


@strawberry.input
class RoleDeleteInput:
    """A role to delete."""

    id: strawberry.ID
    """The role: none that the server brings."""


@strawberry.type
class RoleDeletePayload(Payload):
    """The id of what is gone."""

    deleted_id: strawberry.ID | None
    """Null where there are errors."""


@strawberry.input
class RoleAssignInput:
    """A role to grant."""

    user: strawberry.ID
    """Whom."""
    role: strawberry.ID
    """The role; none that allows what you may not."""


@strawberry.type
class RoleAssignPayload(Payload):
    """Whoever holds the role now."""

    user: UserRef | None
    """Null where there are errors."""


@strawberry.input
class RoleUnassignInput:
    """A role to take away."""

    user: strawberry.ID
    """From whom."""
    role: strawberry.ID
    """The role."""


@strawberry.type
class RoleUnassignPayload(Payload):
    """Whoever holds the role no more."""

    user: UserRef | None
    """Null where there are errors."""


@strawberry.input
class UserRoleSetInput:
    """Somebody's first role."""

    user: strawberry.ID
    """Whose."""
    role: strawberry.ID
    """The role: admin, user or viewer, by its id."""


@strawberry.type
class UserRoleSetPayload(Payload):
    """Whoever has the role now."""

    user: UserRef | None
    """Null where there are errors."""


@strawberry.type
class Query:
    role: Role | None = found(models.Role)
    """A role that the server brings, or one that you were granted."""
    roles: Connection[Role] = listed(models.Role, RoleFilter, RoleOrder)
    """The roles that the server brings, and those that you were granted."""


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def role_create(
        self, info: Info, input: RoleCreateInput
    ) -> RoleCreatePayload:
        """Make a role."""
        about = input.name, input.description, input.permissions
        done = await perform_once(info, input, roles.create, *about)
        return RoleCreatePayload(role=done.row, **done.created)

    @strawberry.mutation
    async def role_update(
        self, info: Info, input: RoleUpdateInput
    ) -> RoleUpdatePayload:
        """Change a role; its holders may do what it says within five seconds."""
        id_, expected = row_id(input.id, models.Role), input.expected_version
        columns = {name: name for name in ("name", "description", "permissions")}
        changes = given(input, **columns)
        done = await perform(info, roles.update, id_, expected, changes)
        return RoleUpdatePayload(role=done.row, **done.told)

    @strawberry.mutation
    async def role_delete(
        self, info: Info, input: RoleDeleteInput
    ) -> RoleDeletePayload:
        """Delete a role, and the invitations to it.

        Within five seconds nobody holds it any more.
        """
        done = await perform(info, roles.delete, row_id(input.id, models.Role))
        gone = None if done.row is None else input.id
        return RoleDeletePayload(deleted_id=gone, **done.told)

    @strawberry.mutation
    async def role_assign(
        self, info: Info, input: RoleAssignInput
    ) -> RoleAssignPayload:
        """Grant somebody a role besides their first: they may do what both say.

        Whoever is granted `admin` sees and may do everything.
        """
        user, role = row_id(input.user, models.User), row_id(input.role, models.Role)
        done = await perform(info, roles.assign, user, role)
        return RoleAssignPayload(user=done.row, **done.told)

    @strawberry.mutation
    async def role_unassign(
        self, info: Info, input: RoleUnassignInput
    ) -> RoleUnassignPayload:
        """Take a role away that somebody was granted besides their first."""
        user, role = row_id(input.user, models.User), row_id(input.role, models.Role)
        done = await perform(info, roles.unassign, user, role)
        return RoleUnassignPayload(user=done.row, **done.told)

    @strawberry.mutation
    async def user_role_set(
        self, info: Info, input: UserRoleSetInput
    ) -> UserRoleSetPayload:
        """Say what somebody's first role is, which decides what they see."""
        user, role = row_id(input.user, models.User), row_id(input.role, models.Role)
        done = await perform(info, roles.set_base, user, role)
        return UserRoleSetPayload(user=done.row, **done.told)
