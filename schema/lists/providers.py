"""What may be asked of the lists of what is spent on AI providers."""

from datetime import date as day
from datetime import datetime
from enum import StrEnum

import strawberry

from schema.inputs import Compare, Empty, Filter, Matches, Order


@strawberry.input
class ProviderUsageFilter(Filter):
    """Which days of which models."""

    provider: Matches | None = None
    """By provider."""
    model: Matches | None = None
    """By model."""
    date: Compare[day] | None = None
    """By day."""


@strawberry.enum
class ProviderUsageOrderField(StrEnum):
    """What usage is sorted by."""

    CREATED_AT = "id"
    """When it was first counted."""
    DATE = "date"
    """Its day."""


@strawberry.input
class ProviderUsageOrder(Order):
    """How to sort usage."""

    field: ProviderUsageOrderField
    """What to sort by."""


@strawberry.input
class ProviderReservationFilter(Filter):
    """Which reservations."""

    provider: Matches | None = None
    """By provider."""
    model: Matches | None = None
    """By model."""
    expires_at: Compare[datetime] | None = None
    """By when they expire."""
    settled_at: Empty | None = None
    """By whether they are settled."""


@strawberry.enum
class ProviderReservationOrderField(StrEnum):
    """What reservations are sorted by."""

    CREATED_AT = "id"
    """When they were made."""


@strawberry.input
class ProviderReservationOrder(Order):
    """How to sort reservations."""

    field: ProviderReservationOrderField
    """What to sort by."""
