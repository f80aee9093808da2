"""What may be asked of the list of invitations."""

from datetime import datetime
from enum import StrEnum

import strawberry

from schema.inputs import Compare, Empty, Filter, Order


@strawberry.input
class InvitationFilter(Filter):
    """Which invitations."""

    created_at: Compare[datetime] | None = None
    """By when they were made."""
    expires_at: Compare[datetime] | None = None
    """By when they end."""
    revoked_at: Empty | None = None
    """Without it: those that were not taken back."""


@strawberry.enum
class InvitationOrderField(StrEnum):
    """What invitations are sorted by."""

    CREATED_AT = "id"
    """When they were made."""


@strawberry.input
class InvitationOrder(Order):
    """How to sort invitations."""

    field: InvitationOrderField
    """What to sort by."""
