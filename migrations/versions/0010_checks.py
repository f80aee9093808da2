"""Whether data and predictions are still what they were."""

from alembic import op

from migrations.columns import (
    changing,
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
)

revision = "0010"
down_revision = "0009"

STATES = ("queued", "running", "completed", "failed", "cancelled")
VERDICTS = ("passed", "failed", "unknown")


def upgrade() -> None:
    verdict = closed("verdict", "checkverdict", *VERDICTS)
    verdict.nullable = True
    table(
        "check_runs",
        owner(),
        closed("kind", "checkkind", "drift", "quality", "performance"),
        column("name", text(255)),
        to("dataset_id", "datasets", "CASCADE", nullable=True),
        to("dataset_version_id", "dataset_versions", "SET NULL", nullable=True),
        to("reference_version_id", "dataset_versions", "SET NULL", nullable=True),
        to("model_version_id", "model_versions", "SET NULL", nullable=True),
        column("config", document()),
        closed("status", "jobstatus", *STATES),
        verdict,
        optional("results", document()),
        optional("error_message", text()),
        optional("completed_at", moment()),
        to("job_id", "jobs", "SET NULL", nullable=True),
        *changing(),
    )
    index("check_runs", "dataset_id", "id")
    index("check_runs", "dataset_version_id", "id")
    index("check_runs", "job_id")
    index("check_runs", "model_version_id", "id")
    index("check_runs", "owner_id", "id")
    index("check_runs", "owner_id", "kind", "id")
    index("check_runs", "reference_version_id", "id")


def downgrade() -> None:
    op.drop_table("check_runs")
