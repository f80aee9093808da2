"""Runs of what is scheduled, in place of the ticks that only kept them apart."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import (
    closed,
    column,
    document,
    index,
    moment,
    optional,
    table,
    text,
    unique,
)

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """What was done since its last tick is done once more: it is safe to run twice."""
    op.drop_table("ticks")
    table(
        "scheduled_runs",
        column("name", text(64)),
        column("tick", sa.BigInteger()),
        closed("status", "runstatus", "running", "done", "failed"),
        column("attempts", sa.Integer()),
        optional("leased_until", moment()),
        column("started_at", moment()),
        optional("finished_at", moment()),
        column("counts", document()),
        optional("error", text()),
        unique("name", "tick"),
    )
    index("scheduled_runs", "name", "id")


def downgrade() -> None:
    op.drop_table("scheduled_runs")
    table(
        "ticks",
        column("name", text(64)),
        column("tick", sa.BigInteger()),
        unique("name", "tick"),
    )
