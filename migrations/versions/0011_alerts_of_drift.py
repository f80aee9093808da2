"""Alerts that checks raise."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

RULED = " OR (dataset_id IS NOT NULL AND alert_rule_id IS NOT NULL)"


def upgrade() -> None:
    with _altered() as alerts:
        alerts.add_column(sa.Column("check_run_id", sa.Uuid()))
        alerts.create_foreign_key(
            op.f("fk_alerts_check_run_id"),
            "check_runs",
            ["check_run_id"],
            ["id"],
            ondelete="SET NULL",
        )
        alerts.create_index("ix_alerts_check_run_id", ["check_run_id"])
        _checked(
            alerts, "source IN ('dataset', 'drift', 'system')", "source = 'system'"
        )


def downgrade() -> None:
    op.execute("DELETE FROM alerts WHERE source = 'drift'")
    with _altered() as alerts:
        alerts.drop_index("ix_alerts_check_run_id")
        alerts.drop_constraint(op.f("fk_alerts_check_run_id"), type_="foreignkey")
        alerts.drop_column("check_run_id")
        _checked(alerts, "source IN ('dataset', 'system')", "source <> 'dataset'")


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
