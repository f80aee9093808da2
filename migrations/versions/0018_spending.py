"""Money on AI providers: quotas, usage, reservations, and alerts of cost."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from migrations.columns import (
    changing,
    check,
    column,
    index,
    moment,
    on_postgresql,
    optional,
    owner,
    table,
    text,
    unique,
)
from migrations.walls import walled

revision = "0018"
down_revision = "0017"

TYPES = [f"{of}_{share}" for of in ("daily", "monthly") for share in (80, 90, 100)]
TYPED = f"cost_alert_type IN ({', '.join(map(repr, TYPES))})"
THRESHOLD = (
    "(source = 'cost') = (cost_alert_type IS NOT NULL)"
    " AND (source = 'cost') = (threshold_percentage IS NOT NULL)"
)
RULED = " OR (dataset_id IS NOT NULL AND alert_rule_id IS NOT NULL)"
OF_COST = "uq_alerts_cost_fingerprint"


def upgrade() -> None:
    _quotas()
    _usage()
    _reservations()
    with _altered() as alerts:
        alerts.add_column(sa.Column("cost_alert_type", sa.String(32)))
        alerts.add_column(sa.Column("threshold_percentage", sa.Integer()))
        _checked(
            alerts,
            "source IN ('dataset', 'drift', 'cost', 'system')",
            "source IN ('cost', 'system')",
        )
        alerts.create_check_constraint(op.f("ck_alerts_costalerttype"), TYPED)
        alerts.create_check_constraint(op.f("ck_alerts_cost_has_threshold"), THRESHOLD)
    where: dict[str, Any] = dict.fromkeys(
        ("sqlite_where", "postgresql_where"), sa.text("source = 'cost'")
    )
    op.create_index(OF_COST, "alerts", ["fingerprint"], unique=True, **where)


def downgrade() -> None:
    op.drop_index(OF_COST, "alerts")
    op.execute("DELETE FROM alerts WHERE source = 'cost'")
    with _altered() as alerts:
        for name in ("cost_has_threshold", "costalerttype"):
            alerts.drop_constraint(op.f(f"ck_alerts_{name}"), type_="check")
        _checked(
            alerts, "source IN ('dataset', 'drift', 'system')", "source = 'system'"
        )
        alerts.drop_column("threshold_percentage")
        alerts.drop_column("cost_alert_type")
    for name in ("provider_reservations", "provider_usage_daily", "user_quotas"):
        op.drop_table(name)


def _altered() -> Any:
    """The table, which SQLite makes anew: as it is, whatever it refers to."""
    return op.batch_alter_table("alerts", reflect_kwargs={"resolve_fks": False})


def _checked(alerts: Any, sources: str, unruled: str) -> None:
    """Say anew which sources there are, and which of them need no rule."""
    for name, condition in (
        ("ck_alerts_alertsource", sources),
        ("ck_alerts_dataset_has_rule", unruled + RULED),
    ):
        alerts.drop_constraint(op.f(name), type_="check")
        alerts.create_check_constraint(op.f(name), condition)


def _quotas() -> None:
    _owned(
        "user_quotas",
        optional("daily_limit", sa.Integer()),
        optional("monthly_limit", sa.Integer()),
        optional("daily_cost_limit", sa.BigInteger()),
        optional("monthly_cost_limit", sa.BigInteger()),
        unique("owner_id"),
        _positive("daily_limit"),
        _positive("monthly_limit"),
        _positive("daily_cost_limit"),
        _positive("monthly_cost_limit"),
    )


def _usage() -> None:
    counted = ("requests_count", "tokens_input", "tokens_output", "cost_usd")
    _owned(
        "provider_usage_daily",
        column("provider", text(100)),
        column("model", text(255)),
        column("date", sa.Date()),
        *(column(name, sa.BigInteger()) for name in counted),
        unique("owner_id", "provider", "model", "date"),
        *map(_positive, counted),
    )
    index("provider_usage_daily", "owner_id", "id")
    index("provider_usage_daily", "owner_id", "date", "id")
    index("provider_usage_daily", "date")
    index("provider_usage_daily", "provider")


def _reservations() -> None:
    _owned(
        "provider_reservations",
        column("provider", text(100)),
        column("model", text(255)),
        column("date", sa.Date()),
        column("amount", sa.BigInteger()),
        column("expires_at", moment()),
        optional("settled_at", moment()),
        optional("actual", sa.BigInteger()),
        check("settled_with_cost", "(settled_at IS NULL) = (actual IS NULL)"),
        _positive("amount"),
        _positive("actual"),
    )
    index("provider_reservations", "owner_id", "id")
    index("provider_reservations", "owner_id", "date", "settled_at")
    index("provider_reservations", "expires_at")


def _owned(name: str, *parts: Any) -> None:
    """Make a table whose rows are somebody's, and of which others see nothing."""
    table(name, owner(), *parts, *changing())
    if on_postgresql():
        walled(name)


def _positive(name: str) -> sa.CheckConstraint:
    return check(f"{name}_positive", f"{name} >= 0")
