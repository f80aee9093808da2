"""Predictions, and what turned out to be true of them."""

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
    on_postgresql,
    optional,
    owner,
    table,
    text,
    to,
    unique,
)

revision = "0009"
down_revision = "0008"

TASKS = ("spam", "classification", "regression", "other")
MONTHS = """
CREATE FUNCTION predictions_since(month timestamp) RETURNS uuid
LANGUAGE sql IMMUTABLE AS $$
  SELECT (lpad(to_hex((extract(epoch FROM month) * 1000)::bigint), 12, '0')
    || repeat('0', 20))::uuid
$$;

CREATE FUNCTION predictions_open(month timestamp) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  part text := to_char(month, '"predictions_"YYYY_MM');
  first uuid := predictions_since(month);
  next uuid := predictions_since(month + interval '1 month');
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('predictions_open'));
  IF to_regclass(part) IS NULL AND NOT EXISTS (
    SELECT FROM predictions_default WHERE id >= first AND id < next
  ) THEN
    EXECUTE format('CREATE TABLE %I PARTITION OF predictions
      FOR VALUES FROM (%L) TO (%L)', part, first, next);
  END IF;
END $$;

CREATE TABLE predictions_default PARTITION OF predictions DEFAULT
"""
"""In PostgreSQL a month is a table of its own, by the moment that ids begin with.

So the id alone is the key, and other tables can refer to it.
"""


def upgrade() -> None:
    _predictions()
    table(
        "prediction_logs",
        owner(),
        to("prediction_id", "predictions", "CASCADE"),
        closed("level", "loglevel", "debug", "info", "warning", "error"),
        column("message", text()),
        column("metadata", document()),
    )
    index("prediction_logs", "owner_id", "id")
    index("prediction_logs", "prediction_id", "id")
    table(
        "prediction_feedback",
        owner(),
        to("prediction_id", "predictions", "CASCADE"),
        to("model_version_id", "model_versions", "CASCADE"),
        optional("predicted_label", text(255)),
        optional("actual_label", text(255)),
        optional("actual_value", sa.Double()),
        optional("comment", text()),
        column("source", text(50)),
        *changing(),
        unique("prediction_id", "source"),
        check("something", "actual_label IS NOT NULL OR actual_value IS NOT NULL"),
        finite("actual_value"),
    )
    index("prediction_feedback", "model_version_id", "id")
    index("prediction_feedback", "owner_id", "id")
    index("prediction_feedback", "prediction_id", "id")
    table(
        "prediction_stats_daily",
        owner(),
        to("model_version_id", "model_versions", "CASCADE"),
        column("day", sa.Date()),
        column("total", sa.Integer()),
        column("failed", sa.Integer()),
        column("sum_ms", sa.Double()),
        column("max_ms", sa.Double()),
        column("labels", document()),
        column("confidences", floats()),
        unique("model_version_id", "day"),
        check("failed_of_total", "failed BETWEEN 0 AND total"),
    )
    index("prediction_stats_daily", "model_version_id", "day", "id")
    index("prediction_stats_daily", "owner_id", "day", "id")
    index("prediction_stats_daily", "owner_id", "id")
    _batches()


def _predictions() -> None:
    table(
        "predictions",
        owner(),
        to("model_version_id", "model_versions", "CASCADE"),
        closed("task", "modeltask", *TASKS),
        closed("status", "predictionstatus", "pending", "success", "failed"),
        column("input_data", document()),
        optional("input_text", text()),
        optional("label", text(255)),
        optional("confidence", sa.Double()),
        optional("output_data", document()),
        optional("explanation", document()),
        optional("inference_time_ms", sa.Double()),
        optional("error_message", text()),
        column("source", text(50)),
        optional("api_key_id", sa.Uuid()),
        optional("request_id", text(64)),
        to("origin_id", "predictions", "SET NULL", nullable=True),
        check(
            "spam_label",
            "task <> 'spam' OR status <> 'success' OR (label IS NOT NULL AND label IN"
            " ('spam', 'ham', 'fraud', 'legitimate'))",
        ),
        check("confidence_share", "confidence BETWEEN 0 AND 1"),
        check("time_positive", "inference_time_ms >= 0"),
        postgresql_partition_by="RANGE (id)",
    )
    if on_postgresql():
        for statement in MONTHS.split(";\n\n"):
            op.execute(statement)
    index("predictions", "model_version_id", "id")
    index("predictions", "origin_id", "id")
    index("predictions", "owner_id", "id")
    index("predictions", "owner_id", "label", "id")
    index("predictions", "owner_id", "status", "id")


def _batches() -> None:
    table(
        "batch_predictions",
        owner(),
        to("model_version_id", "model_versions", "CASCADE"),
        to("dataset_version_id", "dataset_versions", "SET NULL", nullable=True),
        column("row_count", sa.Integer()),
        optional("failed_count", sa.Integer()),
        optional("file_path", text(500)),
        optional("file_size", sa.BigInteger()),
        optional("sha256", text(64)),
        optional("error_message", text()),
        to("job_id", "jobs", "SET NULL", nullable=True),
        *changing(),
    )
    index("batch_predictions", "dataset_version_id", "id")
    index("batch_predictions", "job_id")
    index("batch_predictions", "model_version_id", "id")
    index("batch_predictions", "owner_id", "id")


def downgrade() -> None:
    op.drop_table("batch_predictions")
    op.drop_table("prediction_stats_daily")
    op.drop_table("prediction_feedback")
    op.drop_table("prediction_logs")
    op.drop_table("predictions")
    if on_postgresql():
        op.execute("DROP FUNCTION predictions_open(timestamp)")
        op.execute("DROP FUNCTION predictions_since(timestamp)")
