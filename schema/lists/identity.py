"""What may be asked of the lists of identity."""

from datetime import datetime
from enum import StrEnum

import strawberry

from schema.enums import Tier
from schema.inputs import Compare, Empty, Filter, Has, Is, Matches, Order


@strawberry.input
class SessionFilter(Filter):
    """Which sessions."""

    last_used: Compare[datetime] | None = None
    """By when they were last kept alive."""
    expires_at: Compare[datetime] | None = None
    """By when they end at the latest."""
    revoked_at: Empty | None = None
    """Without it: those that were not ended before their time."""


@strawberry.enum
class SessionOrderField(StrEnum):
    """What sessions are sorted by."""

    CREATED_AT = "id"
    """When they were begun."""
    LAST_USED = "last_used"
    """When they were last kept alive."""


@strawberry.input
class SessionOrder(Order):
    """How to sort sessions."""

    field: SessionOrderField
    """What to sort by."""


@strawberry.input
class UserFilter(Filter):
    """Which accounts."""

    email: Matches | None = None
    """By e-mail address."""
    role_id: Is[strawberry.ID] | None = strawberry.field(name="role", default=None)
    """By their first role."""
    is_active: Is[bool] | None = None
    """By whether they may sign in."""
    created_at: Compare[datetime] | None = None
    """By when they were made."""
    last_login: Compare[datetime] | None = None
    """By when they last signed in; those who never did are on neither side."""
    totp_enabled_at: Empty | None = None
    """Without it: those who sign in with a password alone."""
    tier: Is[Tier] | None = None
    """By the plan that they have."""


@strawberry.enum
class UserOrderField(StrEnum):
    """What accounts are sorted by."""

    CREATED_AT = "id"
    """When they were made."""


@strawberry.input
class UserOrder(Order):
    """How to sort accounts."""

    field: UserOrderField
    """What to sort by."""


@strawberry.input
class RoleFilter(Filter):
    """Which roles."""

    name: Matches | None = None
    """By name."""
    is_system: Is[bool] | None = None
    """By whether the server brings them."""


@strawberry.enum
class RoleOrderField(StrEnum):
    """What roles are sorted by."""

    CREATED_AT = "id"
    """When they were made."""


@strawberry.input
class RoleOrder(Order):
    """How to sort roles."""

    field: RoleOrderField
    """What to sort by."""


@strawberry.input
class UserRoleFilter(Filter):
    """Which grants of roles."""

    role_id: Is[strawberry.ID] | None = strawberry.field(name="role", default=None)
    """By what was granted."""
    created_at: Compare[datetime] | None = None
    """By when it was granted."""


@strawberry.enum
class UserRoleOrderField(StrEnum):
    """What grants of roles are sorted by."""

    CREATED_AT = "id"
    """When they were granted."""


@strawberry.input
class UserRoleOrder(Order):
    """How to sort grants of roles."""

    field: UserRoleOrderField
    """What to sort by."""


@strawberry.input
class ApiKeyFilter(Filter):
    """Which API keys."""

    name: Matches | None = None
    """By name."""
    key_prefix: Matches | None = None
    """By how they begin."""
    scopes: Has | None = None
    """By what they may do, spelt in small letters: `predict`."""
    expires_at: Compare[datetime] | None = None
    """By when they end."""
    revoked_at: Empty | None = None
    """Without it: those that were not ended before their time."""


@strawberry.enum
class ApiKeyOrderField(StrEnum):
    """What API keys are sorted by."""

    CREATED_AT = "id"
    """When they were made."""


@strawberry.input
class ApiKeyOrder(Order):
    """How to sort API keys."""

    field: ApiKeyOrderField
    """What to sort by."""
