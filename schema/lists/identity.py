"""What may be asked of the lists of identity."""

from datetime import datetime
from enum import StrEnum

import strawberry

from schema.inputs import Compare, Empty, Filter, Order


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
