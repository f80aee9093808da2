"""Rows of what is spent on AI providers, with something sensible in every column."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from uuid_utils.compat import uuid7

from db.base import Base, utcnow
from db.models import (
    Alert,
    AlertSource,
    CostAlertType,
    ProviderReservation,
    ProviderUsage,
    Severity,
    UserQuota,
)
from resolvers.access import Actor


def a_quota(owner: Actor, **columns: Any) -> UserQuota:
    given = {"id": uuid7(), "owner_id": owner.user_id}
    return UserQuota(**given | {"daily_cost_limit": Decimal(5)} | columns)


def a_usage(owner: Actor, **columns: Any) -> ProviderUsage:
    given = {"id": uuid7(), "owner_id": owner.user_id, "date": utcnow().date()}
    usual = {"provider": "openai", "model": uuid7().hex, "cost_usd": Decimal("0.25")}
    counted = {"requests_count": 1, "tokens_input": 100, "tokens_output": 20}
    return ProviderUsage(**given | usual | counted | columns)


def a_reservation(owner: Actor, **columns: Any) -> ProviderReservation:
    given = {"id": uuid7(), "owner_id": owner.user_id, "date": utcnow().date()}
    usual = {"provider": "openai", "model": "small", "amount": Decimal("0.25")}
    more = {"expires_at": utcnow() + timedelta(minutes=10)}
    return ProviderReservation(**given | usual | more | columns)


def a_cost_alert(owner: Actor, **columns: Any) -> Alert:
    given = {"id": uuid7(), "owner_id": owner.user_id, "source": AlertSource.COST}
    usual = {"cost_alert_type": CostAlertType.DAILY_80, "threshold_percentage": 80}
    fired = {"triggered_at": utcnow(), "last_fired_at": utcnow()}
    more = {"fingerprint": uuid7().hex * 2, "severity": Severity.MEDIUM}
    return Alert(**given | usual | fired | more | columns)


def spending_of(owner: Actor) -> list[Base]:
    """One of each that somebody may have several of."""
    return [a_usage(owner), a_reservation(owner)]
