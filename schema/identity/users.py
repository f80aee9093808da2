"""Users."""

from datetime import datetime
from typing import Any

import strawberry

from db import models
from resolvers.access import GRANTS, BaseRole, Permission
from schema.connections import Connection
from schema.edges import to_many, to_one, viewer
from schema.identity.roles import Role
from schema.lists.identity import SessionFilter, SessionOrder
from schema.models.statistics import DailyUsage, usage
from schema.nodes import Entity, Info
from schema.reads import costing
from schema.refs import SessionRef


async def _permissions(root: Any, info: Info) -> list[Permission]:
    role = await info.context.loaders.row(models.Role).load(root.role_id)
    return sorted(GRANTS[BaseRole(role.name)]) if role else []


@strawberry.type
class User(Entity, of=models.User):
    """A person with an account."""

    created_at: datetime
    email: str
    full_name: str | None
    is_active: bool
    email_verified: bool
    last_login: datetime | None
    role: Role | None = to_one(models.User.role_id)
    """What they may do, by its name."""
    permissions: list[Permission] = strawberry.field(resolver=_permissions)
    """What they may do, one by one."""
    sessions: Connection[SessionRef] = to_many(
        models.Session.owner_id, SessionFilter, SessionOrder
    )
    """Where they are signed in, or were."""
    usage_analytics: list[DailyUsage] = strawberry.field(
        resolver=usage, metadata=costing(10)
    )


@strawberry.type
class Query:
    viewer: User | None = viewer(models.User)
    """You; null for whoever has not signed in."""
