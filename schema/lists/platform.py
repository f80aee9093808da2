"""What may be asked of the lists of the platform."""

from datetime import datetime
from enum import StrEnum

import strawberry

from schema.inputs import Compare, Filter, Is, Matches, Order


@strawberry.input
class PersistedOperationFilter(Filter):
    """Which documents."""

    sha256: Is[str] | None = None
    """By the SHA-256 of their texts."""
    name: Matches | None = None
    """By name."""
    is_shared: Is[bool] | None = None
    """By whether everybody may ask them."""
    created_at: Compare[datetime] | None = None
    """By when they were registered."""


@strawberry.enum
class PersistedOperationOrderField(StrEnum):
    """What documents are sorted by."""

    CREATED_AT = "id"
    """When they were registered."""
    NAME = "name"
    """Their name."""


@strawberry.input
class PersistedOperationOrder(Order):
    """How to sort documents."""

    field: PersistedOperationOrderField
    """What to sort by."""
