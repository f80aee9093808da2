"""Rows of billing, with something sensible in every column."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from db.base import Base, utcnow
from db.models import (
    BillingEvent,
    PeriodKind,
    PlanSubscription,
    RateLimitWindow,
    SubscriptionStatus,
    Tier,
    UsageCounter,
    UsageMetric,
)
from resolvers.access import Actor

PLANS = {tier: UUID(int=number) for number, tier in enumerate(Tier, start=1)}
"""The ids of the plans that the migrations put there."""


def a_subscription(owner: Actor, **columns: Any) -> PlanSubscription:
    """One that is over, of which somebody may have any number."""
    given = {"id": uuid7(), "owner_id": owner.user_id, "plan_id": PLANS[Tier.PRO]}
    usual = {"status": SubscriptionStatus.CANCELED, "started_at": utcnow()}
    more = {"ends_at": utcnow() + timedelta(days=30)}
    return PlanSubscription(**given | usual | more | columns)


def a_counter(owner: Actor, **columns: Any) -> UsageCounter:
    given = {"id": uuid7(), "owner_id": owner.user_id, "count": 1}
    usual = {"metric": UsageMetric.DATASETS, "period_kind": PeriodKind.MONTH}
    return UsageCounter(**given | usual | {"period_key": "2026-11"} | columns)


def kept() -> list[Base]:
    """What the server keeps for itself."""
    window = RateLimitWindow(id=uuid7(), subject=uuid7().hex, started_at=utcnow())
    window.count = 1
    event = BillingEvent(id=uuid7(), event_id=f"evt_{uuid7().hex}", type="plan.created")
    event.payload, event.happened_at = {}, utcnow()
    return [window, event]
