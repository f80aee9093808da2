"""What may be asked of the lists of the platform."""

from datetime import datetime
from enum import StrEnum

import strawberry

from schema.enums import RunStatus
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


@strawberry.input
class ScheduledRunFilter(Filter):
    """Which runs."""

    name: Is[str] | None = None
    """By what is done."""
    status: Is[RunStatus] | None = None
    """By how far they are."""
    created_at: Compare[datetime] | None = None
    """By when they were first begun."""


@strawberry.enum
class ScheduledRunOrderField(StrEnum):
    """What runs are sorted by."""

    CREATED_AT = "id"
    """When they were first begun."""


@strawberry.input
class ScheduledRunOrder(Order):
    """How to sort runs."""

    field: ScheduledRunOrderField
    """What to sort by."""
