"""What may be used: plans, who has which of them, and how much they have used."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Changing, Owned
from db.types import Json, text

LIVE = "status IN ('active', 'past_due', 'incomplete')"
"""Of a subscription: it is not over. Nobody has two of these."""


class Tier(StrEnum):
    """What kind of plan it is; each has more than the one before it."""

    FREE = "free"
    """What everybody has who pays nothing."""
    PRO = "pro"
    """For a person who works with it."""
    TEAM = "team"
    """For several people who work together."""
    ENTERPRISE = "enterprise"
    """For those whose limits are agreed on with them."""


class SubscriptionStatus(StrEnum):
    """Whether a subscription holds."""

    INCOMPLETE = "incomplete"
    """It was asked for, and is not paid for yet."""
    ACTIVE = "active"
    """It holds."""
    PAST_DUE = "past_due"
    """It holds, and a payment is late."""
    CANCELED = "canceled"
    """It is over, for good."""


class UsageMetric(StrEnum):
    """What is counted."""

    DATASETS = "datasets"
    """Datasets that were made."""
    AI_MESSAGES = "ai_messages"
    """Messages to an AI provider."""
    REPORTS = "reports"
    """Reports that were made."""
    API_CALLS = "api_calls"
    """Operations that were asked."""
    PREDICTIONS = "predictions"
    """Answers that models were asked for."""
    ANALYSES = "analyses"
    """Analyses that were begun."""


class PeriodKind(StrEnum):
    """How long something is counted before it begins anew. Periods are of UTC."""

    HOUR = "hour"
    """From a full hour to the next."""
    DAY = "day"
    """From midnight to midnight."""
    MONTH = "month"
    """From the first of a month to the first of the next."""


class Plan(Changing, Base):
    """What somebody may have, and what it costs."""

    __tablename__ = "plans"
    __table_args__ = (
        sa.CheckConstraint("price_cents >= 0", name="price_positive"),
        sa.CheckConstraint("length(currency) = 3", name="currency_code"),
        *(
            sa.Index(
                f"uq_plans_{name}",
                name,
                unique=True,
                sqlite_where=sa.text("is_active"),
                postgresql_where=sa.text("is_active"),
            )
            for name in ("name", "tier")
        ),
    )

    name: Mapped[str] = mapped_column(text(100))
    """What it is called. Of each name, one is to be had."""
    tier: Mapped[Tier]
    """What kind of plan it is. Of each kind, one is to be had."""
    description: Mapped[str | None]
    """Whom it is for."""
    price_cents: Mapped[int | None]
    """What a month costs, in hundredths of the currency; null: it is agreed on."""
    currency: Mapped[str] = mapped_column(text(3), default="USD")
    """The currency of the price, by its ISO 4217 code."""
    features: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What else is said of it, for whoever shows it."""
    limits: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """The most of each thing; what is not named has no limit."""
    api_limit_daily: Mapped[int | None] = mapped_column(sa.BigInteger)
    """Operations a day; null is any number."""
    api_limit_monthly: Mapped[int | None] = mapped_column(sa.BigInteger)
    """Operations a month; null is any number."""
    stripe_price_id: Mapped[str | None] = mapped_column(text(255), unique=True)
    """What Stripe calls its price; null if it is not sold through Stripe."""
    is_active: Mapped[bool] = mapped_column(default=True)
    """Whether it is to be had; those who have it keep it."""


class PlanSubscription(Owned, Changing, Base):
    """A plan that somebody has, from when to when."""

    __tablename__ = "subscriptions"
    __table_args__ = (
        sa.CheckConstraint("ends_at > started_at", name="ends_after_start"),
        sa.Index(None, "owner_id", "id"),
        sa.Index(None, "owner_id", "status"),
        sa.Index(
            "uq_subscriptions_owner_id",
            "owner_id",
            unique=True,
            sqlite_where=sa.text(LIVE),
            postgresql_where=sa.text(LIVE),
        ),
    )

    plan_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("plans.id", ondelete="RESTRICT"), index=True
    )
    status: Mapped[SubscriptionStatus]
    """Whether it holds."""
    started_at: Mapped[datetime]
    """When it was begun."""
    ends_at: Mapped[datetime | None]
    """When it ends, or ended; null while no end is known."""
    cancel_at_period_end: Mapped[bool] = mapped_column(default=False)
    """Whether it ends with what is paid for."""
    limits: Mapped[dict[str, Any] | None] = mapped_column(Json)
    """Limits that were agreed on, in place of the plan's of the same names."""
    stripe_subscription_id: Mapped[str | None] = mapped_column(text(255), unique=True)
    """What Stripe calls it; null for one that Stripe knows nothing of."""
    stripe_status: Mapped[str | None] = mapped_column(text(32))
    stripe_told_at: Mapped[datetime | None]


class UsageCounter(Owned, Base):
    """How much of something a user had in a period."""

    __tablename__ = "usage_counters"
    __table_args__ = (
        sa.UniqueConstraint("owner_id", "metric", "period_kind", "period_key"),
        sa.CheckConstraint("count >= 0", name="count_positive"),
        sa.CheckConstraint(
            "length(period_key) = CASE period_kind"
            " WHEN 'month' THEN 7 WHEN 'day' THEN 10 ELSE 13 END",
            name="period_key_length",
        ),
    )

    metric: Mapped[UsageMetric]
    period_kind: Mapped[PeriodKind]
    period_key: Mapped[str] = mapped_column(text(13))
    count: Mapped[int] = mapped_column(sa.BigInteger)


class BillingEvent(Base):
    """What Stripe told us, kept so that it takes effect once."""

    __tablename__ = "billing_events"

    event_id: Mapped[str] = mapped_column(text(255), unique=True)
    """What Stripe calls it."""
    type: Mapped[str] = mapped_column(text(100))
    """What happened, in Stripe's words."""
    payload: Mapped[dict[str, Any]]
    happened_at: Mapped[datetime]
    """When it happened, by Stripe's clock."""
    processed_at: Mapped[datetime | None]
    """When it took effect here."""
    error: Mapped[str | None]
    """Why it could not be followed; null where it could, or says nothing to us."""


class RateLimitWindow(Base):
    """How often something was done since the beginning of a span of time."""

    __tablename__ = "rate_limit_windows"
    __table_args__ = (
        sa.UniqueConstraint("subject", "started_at"),
        sa.CheckConstraint("count >= 0", name="count_positive"),
    )

    subject: Mapped[str] = mapped_column(text(64))
    started_at: Mapped[datetime]
    count: Mapped[int] = mapped_column(sa.BigInteger)
