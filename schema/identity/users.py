"""Users."""

from datetime import datetime
from typing import Any

import strawberry
from strawberry.scalars import JSON

from db import models
from resolvers.access import Permission
from resolvers.billing import subscriptions
from resolvers.identity import recovery, standings
from resolvers.identity import roles as grants
from schema.billing.subscriptions import OWN, PlanSubscription, live
from schema.billing.usage import UsageMonth, limits, used
from schema.connections import Connection
from schema.edges import formula, found, listed, picked, to_many, to_one, viewer
from schema.enums import Tier
from schema.identity.roles import Role
from schema.limits import Limit
from schema.lists.identity import (
    ApiKeyFilter,
    ApiKeyOrder,
    SessionFilter,
    SessionOrder,
    UserFilter,
    UserOrder,
    UserRoleFilter,
    UserRoleOrder,
)
from schema.lists.providers import (
    ProviderReservationFilter,
    ProviderReservationOrder,
    ProviderUsageFilter,
    ProviderUsageOrder,
)
from schema.models.statistics import DailyUsage
from schema.models.statistics import usage as daily
from schema.nodes import Entity, Info
from schema.providers.quotas import OWN as QUOTA
from schema.providers.quotas import UserQuota
from schema.providers.quotas import own as quota
from schema.reads import costing
from schema.refs import (
    ApiKeyRef,
    ProviderReservationRef,
    ProviderUsageRef,
    SessionRef,
    UserRoleRef,
)


async def _permissions(root: Any, info: Info) -> list[Permission]:
    return await standings.permitted(info.context, root.id)


@strawberry.type
class User(Entity, of=models.User):
    """A person with an account."""

    created_at: datetime
    version: int
    email: str
    full_name: str | None
    settings: JSON
    is_active: bool
    email_verified: bool
    last_login: datetime | None
    locked_until: datetime | None
    totp_enabled_at: datetime | None
    recovery_codes_left: int = formula(models.User, recovery.left)
    role: Role | None = to_one(models.User.role_id)
    """Their first role, which decides what they see."""
    roles: Connection[UserRoleRef] = to_many(
        models.UserRole.owner_id, UserRoleFilter, UserRoleOrder
    )
    """Roles that they were granted besides."""
    is_admin: bool = formula(models.User, grants.is_admin)
    permissions: list[Permission] = strawberry.field(resolver=_permissions)
    """What they may do, one by one, by all of their roles."""
    sessions: Connection[SessionRef] = to_many(
        models.Session.owner_id, SessionFilter, SessionOrder
    )
    """Where they are signed in, or were."""
    api_keys: Connection[ApiKeyRef] = to_many(
        models.ApiKey.owner_id, ApiKeyFilter, ApiKeyOrder
    )
    """Keys by which programs ask in their name."""
    tier: Tier
    subscription: PlanSubscription | None = picked(models.PlanSubscription, OWN, live)
    """The subscription that is not over, which may be yet to be paid for: its status
    says whether it holds. Without one that holds they have the free plan."""
    stripe_subscription_id: str | None = formula(
        models.User, subscriptions.stripe_subscription_id
    )
    limits: list[Limit] = strawberry.field(resolver=limits, metadata=costing(10))
    usage: list[UsageMonth] = strawberry.field(resolver=used, metadata=costing(10))
    usage_analytics: list[DailyUsage] = strawberry.field(
        resolver=daily, metadata=costing(10)
    )
    quota: UserQuota | None = picked(models.UserQuota, QUOTA, quota)
    """What they may spend on AI providers; null is any amount."""
    provider_usage: Connection[ProviderUsageRef] = to_many(
        models.ProviderUsage.owner_id, ProviderUsageFilter, ProviderUsageOrder
    )
    """What they used of AI providers, day by day."""
    provider_reservations: Connection[ProviderReservationRef] = to_many(
        models.ProviderReservation.owner_id,
        ProviderReservationFilter,
        ProviderReservationOrder,
    )
    """What they set aside for calls of AI providers."""


@strawberry.type
class Query:
    viewer: User | None = viewer(models.User)
    """You; null for whoever has not signed in."""
    user: User | None = found(models.User)
    """An account: yours, or any if you are an administrator."""
    users: Connection[User] = listed(models.User, UserFilter, UserOrder)
    """Your account, and all others if you are an administrator."""
