"""Jobs, events and what keeps them from happening twice."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import (
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

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    table(
        "ticks",
        column("name", text(64)),
        column("tick", sa.BigInteger()),
        unique("name", "tick"),
    )
    table(
        "event_heads",
        to("owner_id", "users", "CASCADE"),
        column("seq", sa.BigInteger()),
        unique("owner_id"),
    )
    table(
        "events",
        owner(),
        column("seq", sa.BigInteger()),
        column("topic", text(64)),
        column("row_id", sa.Uuid()),
        unique("owner_id", "seq"),
    )
    table(
        "idempotency_keys",
        owner(),
        column("operation", text(100)),
        column("key", text(100)),
        column("fingerprint", text(64)),
        optional("entity", text(50)),
        optional("entity_id", sa.Uuid()),
        unique("owner_id", "operation", "key"),
    )
    index("idempotency_keys", "created_at")
    table(
        "jobs",
        owner(),
        column("task", text(64)),
        column("arguments", document()),
        closed(
            "status",
            "jobstatus",
            "queued",
            "running",
            "completed",
            "failed",
            "cancelled",
        ),
        column("progress", sa.Double()),
        optional("error", text()),
        column("fence", sa.Integer()),
        column("attempts", sa.Integer()),
        column("run_at", moment()),
        optional("leased_until", moment()),
        optional("cancel_requested_at", moment()),
        column("logs", text()),
        optional("started_at", moment()),
        optional("finished_at", moment()),
        check("progress_share", "progress BETWEEN 0 AND 1"),
    )
    index("jobs", "owner_id", "id")
    index("jobs", "status", "run_at", "id")


def downgrade() -> None:
    op.drop_table("jobs")
    op.drop_table("idempotency_keys")
    op.drop_table("events")
    op.drop_table("event_heads")
    op.drop_table("ticks")
