"""What may be spent on AI providers, what was, and what is about to be."""

from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Changing, Owned, positive
from db.types import text


class UserQuota(Owned, Changing, Base):
    """The most that somebody may spend on AI providers."""

    __tablename__ = "user_quotas"
    __table_args__ = (
        sa.UniqueConstraint("owner_id"),
        positive("daily_limit"),
        positive("monthly_limit"),
        positive("daily_cost_limit"),
        positive("monthly_cost_limit"),
    )

    daily_limit: Mapped[int | None]
    """Calls a day; null is any number."""
    monthly_limit: Mapped[int | None]
    """Calls a month; null is any number."""
    daily_cost_limit: Mapped[Decimal | None]
    """USD a day; null is any amount."""
    monthly_cost_limit: Mapped[Decimal | None]
    """USD a month; null is any amount."""


class ProviderUsage(Owned, Changing, Base):
    """What somebody used of a provider's model in a day, of UTC."""

    __tablename__ = "provider_usage_daily"
    __table_args__ = (
        sa.UniqueConstraint("owner_id", "provider", "model", "date"),
        positive("requests_count"),
        positive("tokens_input"),
        positive("tokens_output"),
        positive("cost_usd"),
        sa.Index(None, "owner_id", "id"),
        sa.Index(None, "owner_id", "date", "id"),
        sa.Index(None, "date"),
    )

    provider: Mapped[str] = mapped_column(text(100), index=True)
    """Who was called."""
    model: Mapped[str] = mapped_column(text(255))
    """The model that was called, by the provider's name for it."""
    date: Mapped[date]
    """The day."""
    requests_count: Mapped[int] = mapped_column(sa.BigInteger)
    """Calls."""
    tokens_input: Mapped[int] = mapped_column(sa.BigInteger)
    """Tokens that were sent."""
    tokens_output: Mapped[int] = mapped_column(sa.BigInteger)
    """Tokens that came back."""
    cost_usd: Mapped[Decimal]
    """What it cost, in USD."""


class ProviderReservation(Owned, Changing, Base):
    """Money that is set aside for a call of a provider, until it is known what it cost.

    It counts against the limits of the day and the month in which it was made.
    """

    __tablename__ = "provider_reservations"
    __table_args__ = (
        sa.CheckConstraint(
            "(settled_at IS NULL) = (actual IS NULL)", name="settled_with_cost"
        ),
        positive("amount"),
        positive("actual"),
        sa.Index(None, "owner_id", "id"),
        sa.Index(None, "owner_id", "date", "settled_at"),
        sa.Index(None, "expires_at"),
    )

    provider: Mapped[str] = mapped_column(text(100))
    """Who is called."""
    model: Mapped[str] = mapped_column(text(255))
    """The model that is called, by the provider's name for it."""
    date: Mapped[date]
    """The day in which the call counts, of UTC."""
    amount: Mapped[Decimal]
    """The most that the call may cost, in USD."""
    expires_at: Mapped[datetime]
    """When it counts no more, if nobody has said by then what the call cost."""
    settled_at: Mapped[datetime | None]
    """When it was said what the call cost; null until then."""
    actual: Mapped[Decimal | None]
    """What the call cost, in USD; null until then."""
