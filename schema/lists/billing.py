"""What may be asked of the lists of billing."""

from datetime import datetime
from enum import StrEnum

import strawberry

from schema.enums import SubscriptionStatus, Tier
from schema.inputs import Compare, Empty, Filter, Is, Matches, Order


@strawberry.input
class BillingEventFilter(Filter):
    """Which events of Stripe's."""

    event_id: Is[str] | None = None
    """By what Stripe calls them."""
    type: Is[str] | None = None
    """By what happened."""
    happened_at: Compare[datetime] | None = None
    """By when it happened."""
    error: Empty | None = None
    """By whether they could not be followed."""


@strawberry.enum
class BillingEventOrderField(StrEnum):
    """What events of Stripe's are sorted by."""

    CREATED_AT = "id"
    """When they came."""


@strawberry.input
class BillingEventOrder(Order):
    """How to sort events of Stripe's."""

    field: BillingEventOrderField
    """What to sort by."""


@strawberry.input
class PlanFilter(Filter):
    """Which plans."""

    tier: Is[Tier] | None = None
    """By tier."""
    name: Matches | None = None
    """By name."""
    is_active: Is[bool] | None = None
    """By whether they are to be had."""


@strawberry.enum
class PlanOrderField(StrEnum):
    """What plans are sorted by."""

    CREATED_AT = "id"
    """When they were made."""


@strawberry.input
class PlanOrder(Order):
    """How to sort plans."""

    field: PlanOrderField
    """What to sort by."""


@strawberry.input
class PlanSubscriptionFilter(Filter):
    """Which subscriptions."""

    status: Is[SubscriptionStatus] | None = None
    """By status."""
    started_at: Compare[datetime] | None = None
    """By when they were begun."""


@strawberry.enum
class PlanSubscriptionOrderField(StrEnum):
    """What subscriptions are sorted by."""

    CREATED_AT = "id"
    """When they were made."""


@strawberry.input
class PlanSubscriptionOrder(Order):
    """How to sort subscriptions."""

    field: PlanSubscriptionOrderField
    """What to sort by."""
