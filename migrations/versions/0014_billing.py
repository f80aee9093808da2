"""Plans, subscriptions and what was used."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op

from migrations.columns import (
    changing,
    check,
    closed,
    column,
    document,
    index,
    moment,
    optional,
    owner,
    table,
    text,
    to,
    unique,
)

revision = "0014"
down_revision = "0013"

TIERS = ("free", "pro", "team", "enterprise")
STATUSES = ("incomplete", "active", "past_due", "canceled")
METRICS = ("datasets", "ai_messages", "reports", "api_calls", "predictions", "analyses")
LIVE = "status IN ('active', 'past_due', 'incomplete')"
LENGTH = (
    "length(period_key) = CASE period_kind"
    " WHEN 'month' THEN 7 WHEN 'day' THEN 10 ELSE 13 END"
)
SOME = {"collaborators": 3, "data_connections": 5}
PLANS: list[tuple[str, int | None, dict[str, int]]] = [
    ("free", 0, {"datasets": 5, "ai_messages": 50, "reports": 3, **SOME}),
    ("pro", 2_900, SOME),
    ("team", 9_900, {"data_connections": 10}),
    ("enterprise", None, {}),
]
"""Each tier, the cents a month of it costs, and how much of what it has."""


def upgrade() -> None:
    _plans()
    _subscriptions()
    _counters()
    _users()


def downgrade() -> None:
    for name in ("tier", "stripe_customer_id"):
        op.drop_index(f"ix_users_{name}", "users")
        op.drop_column("users", name)
    for name in ("rate_limit_windows", "billing_events", "usage_counters"):
        op.drop_table(name)
    op.drop_table("subscriptions")
    op.drop_table("plans")


def _plans() -> None:
    table(
        "plans",
        column("name", text(100)),
        closed("tier", "tier", *TIERS),
        optional("description", text()),
        optional("price_cents", sa.Integer()),
        column("currency", text(3)),
        column("features", document()),
        column("limits", document()),
        optional("api_limit_daily", sa.BigInteger()),
        optional("api_limit_monthly", sa.BigInteger()),
        optional("stripe_price_id", text(255)),
        column("is_active", sa.Boolean()),
        *changing(),
        unique("name"),
        unique("stripe_price_id"),
        check("price_positive", "price_cents >= 0"),
        check("currency_code", "length(currency) = 3"),
    )
    _unique_where("plans", "tier", "is_active")
    brought = sa.table(
        "plans",
        sa.column("id", sa.Uuid()),
        *(sa.column(name) for name in ("name", "tier", "price_cents", "currency")),
        sa.column("features", document()),
        sa.column("limits", document()),
        sa.column("is_active", sa.Boolean()),
    )
    op.bulk_insert(brought, [_plan(n, *one) for n, one in enumerate(PLANS, start=1)])


def _plan(
    number: int, tier: str, price: int | None, limits: dict[str, int]
) -> dict[str, Any]:
    return {
        "id": UUID(int=number),
        "name": tier.capitalize(),
        "tier": tier,
        "price_cents": price,
        "currency": "USD",
        "features": {},
        "limits": limits,
        "is_active": True,
    }


def _subscriptions() -> None:
    table(
        "subscriptions",
        owner(),
        to("plan_id", "plans", "RESTRICT"),
        closed("status", "subscriptionstatus", *STATUSES),
        column("started_at", moment()),
        optional("ends_at", moment()),
        column("cancel_at_period_end", sa.Boolean()),
        optional("limits", document()),
        optional("stripe_subscription_id", text(255)),
        optional("stripe_status", text(32)),
        optional("stripe_told_at", moment()),
        *changing(),
        unique("stripe_subscription_id"),
        check("ends_after_start", "ends_at > started_at"),
    )
    index("subscriptions", "owner_id", "id")
    index("subscriptions", "owner_id", "status")
    index("subscriptions", "plan_id")
    _unique_where("subscriptions", "owner_id", LIVE)


def _counters() -> None:
    table(
        "usage_counters",
        owner(),
        closed("metric", "usagemetric", *METRICS),
        closed("period_kind", "periodkind", "hour", "day", "month"),
        column("period_key", text(13)),
        column("count", sa.BigInteger()),
        unique("owner_id", "metric", "period_kind", "period_key"),
        check("count_positive", "count >= 0"),
        check("period_key_length", LENGTH),
    )
    table(
        "billing_events",
        column("event_id", text(255)),
        column("type", text(100)),
        column("payload", document()),
        column("happened_at", moment()),
        optional("processed_at", moment()),
        optional("error", text()),
        unique("event_id"),
    )
    table(
        "rate_limit_windows",
        column("subject", text(64)),
        column("started_at", moment()),
        column("count", sa.BigInteger()),
        unique("subject", "started_at"),
        check("count_positive", "count >= 0"),
    )


def _users() -> None:
    """Columns with their rules, which only the databases' own words can add."""
    tiers = ", ".join(f"'{tier}'" for tier in TIERS)
    op.execute(
        "ALTER TABLE users ADD COLUMN tier VARCHAR(32) DEFAULT 'free' NOT NULL"
        f" CONSTRAINT ck_users_tier CHECK (tier IN ({tiers}))"
    )
    op.add_column("users", optional("stripe_customer_id", text(255)))
    index("users", "tier")
    op.create_index(
        "ix_users_stripe_customer_id", "users", ["stripe_customer_id"], unique=True
    )


def _unique_where(of: str, name: str, condition: str) -> None:
    """One row of each value, among those of which a condition is true."""
    where: dict[str, Any] = dict.fromkeys(
        ("sqlite_where", "postgresql_where"), sa.text(condition)
    )
    op.create_index(f"uq_{of}_{name}", of, [name], unique=True, **where)
