"""Anomalies, alert rules and alerts."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import (
    changing,
    check,
    closed,
    column,
    document,
    finite,
    floats,
    index,
    moment,
    optional,
    owner,
    table,
    text,
    to,
    unique,
)

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    table(
        "monitor_data",
        owner(),
        to("analysis_id", "analyses", "CASCADE"),
        to("dinsight_id", "dinsight_data", "CASCADE"),
        column("process_order", sa.Integer()),
        column("timestamp", moment()),
        column("monitor_values", floats()),
        column("x", sa.Double()),
        column("y", sa.Double()),
        column("distance", sa.Double()),
        column("threshold", sa.Double()),
        column("residual", sa.Double()),
        column("metadata", document()),
        finite("distance"),
        unique("analysis_id", "process_order"),
    )
    index("monitor_data", "analysis_id", "distance", "id")
    index("monitor_data", "analysis_id", "id")
    index("monitor_data", "analysis_id", "process_order", "id")
    index("monitor_data", "dinsight_id", "id")
    index("monitor_data", "owner_id", "id")
    table(
        "alert_rules",
        owner(),
        to("dataset_id", "datasets", "CASCADE"),
        column("name", text(255)),
        column("condition", document()),
        closed("severity", "severity", "low", "medium", "high", "critical"),
        column("is_active", sa.Boolean()),
        to("created_by", "users", "SET NULL", nullable=True),
        optional("last_evaluated_at", moment()),
        column("states", document()),
        optional("deleted_at", moment()),
        *changing(),
    )
    index("alert_rules", "dataset_id", "id")
    index("alert_rules", "dataset_id", "is_active")
    index("alert_rules", "dataset_id", "name", "id")
    index("alert_rules", "owner_id", "id")
    index("alert_rules", "owner_id", "name", "id")
    table(
        "anomalies",
        owner(),
        to("analysis_id", "analyses", "CASCADE"),
        to("dataset_id", "datasets", "CASCADE"),
        to("monitor_point_id", "monitor_data", "CASCADE"),
        column("process_order", sa.Integer()),
        column("timestamp", moment()),
        closed("severity", "severity", "low", "medium", "high", "critical"),
        column("distance", sa.Double()),
        column("threshold", sa.Double()),
        column("features", document()),
        column("metadata", document()),
        column("acknowledged", sa.Boolean()),
        to("acknowledged_by", "users", "SET NULL", nullable=True),
        optional("acknowledged_at", moment()),
        check("acknowledged_when", "acknowledged = (acknowledged_at IS NOT NULL)"),
        finite("distance"),
        check("distance_positive", "distance >= 0"),
        unique("monitor_point_id"),
    )
    index("anomalies", "analysis_id", "distance", "id")
    index("anomalies", "analysis_id", "id")
    index("anomalies", "analysis_id", "timestamp", "id")
    index("anomalies", "dataset_id", "distance", "id")
    index("anomalies", "dataset_id", "id")
    index("anomalies", "dataset_id", "timestamp", "id")
    index("anomalies", "owner_id", "acknowledged", "severity", "id")
    index("anomalies", "owner_id", "distance", "id")
    index("anomalies", "owner_id", "id")
    index("anomalies", "owner_id", "timestamp", "id")
    table(
        "alerts",
        owner(),
        to("alert_rule_id", "alert_rules", "CASCADE", nullable=True),
        to("dataset_id", "datasets", "CASCADE", nullable=True),
        to("analysis_id", "analyses", "SET NULL", nullable=True),
        to("anomaly_id", "anomalies", "SET NULL", nullable=True),
        closed("source", "alertsource", "dataset", "system"),
        closed(
            "status", "alertstatus", "pending", "active", "acknowledged", "resolved"
        ),
        closed("severity", "severity", "low", "medium", "high", "critical"),
        column("fingerprint", text(64)),
        column("occurrences", sa.Integer()),
        column("data", document()),
        column("triggered_at", moment()),
        column("last_fired_at", moment()),
        to("acknowledged_by", "users", "SET NULL", nullable=True),
        optional("acknowledged_at", moment()),
        optional("note", text(500)),
        to("resolved_by", "users", "SET NULL", nullable=True),
        optional("resolved_at", moment()),
        *changing(),
        check(
            "dataset_has_rule",
            "source <> 'dataset'"
            " OR (dataset_id IS NOT NULL AND alert_rule_id IS NOT NULL)",
        ),
        check("occurrences_positive", "occurrences >= 0"),
    )
    index("alerts", "alert_rule_id", "id")
    index("alerts", "alert_rule_id", "occurrences", "id")
    index("alerts", "alert_rule_id", "triggered_at", "id")
    index("alerts", "analysis_id")
    index("alerts", "anomaly_id")
    index("alerts", "dataset_id", "id")
    index("alerts", "dataset_id", "occurrences", "id")
    index("alerts", "dataset_id", "triggered_at", "id")
    index("alerts", "owner_id", "id")
    index("alerts", "owner_id", "occurrences", "id")
    index("alerts", "owner_id", "status", "id")
    index("alerts", "owner_id", "triggered_at", "id")
    op.create_index(
        "uq_alerts_open_fingerprint",
        "alerts",
        ["fingerprint"],
        unique=True,
        postgresql_where=sa.text("status <> 'resolved'"),
        sqlite_where=sa.text("status <> 'resolved'"),
    )


def downgrade() -> None:
    op.drop_table("alerts")
    op.drop_table("anomalies")
    op.drop_table("monitor_data")
    op.drop_table("alert_rules")
