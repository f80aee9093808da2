"""Plans of the past give their names free, and those of ours say whom they are for."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op

from migrations.columns import index, on_postgresql
from migrations.walls import unwalled, walled

revision = "0019"
down_revision = "0018"

NAME = "uq_plans_name"
SAID = (
    "For whoever looks around, and for small things.",
    "For one person who works with it every day.",
    "For several people who work on the same things.",
    "For organizations: what is had of each thing is agreed on.",
)
"""Of the plans that 0014 brought, in their order."""
APART = """
UPDATE plans SET name = substr(name, 1, 63) || ' ' || CAST(id AS VARCHAR(36))
WHERE NOT is_active AND EXISTS (
  SELECT 1 FROM plans AS other WHERE other.name = plans.name AND other.id <> plans.id
)
"""
"""Gives plans of the past other names, where they are not the only ones of theirs."""


def upgrade() -> None:
    with op.batch_alter_table("plans") as plans:
        plans.drop_constraint(NAME, type_="unique")
    active: dict[str, Any] = dict.fromkeys(
        ("sqlite_where", "postgresql_where"), sa.text("is_active")
    )
    op.create_index(NAME, "plans", ["name"], unique=True, **active)
    for number, text in enumerate(SAID, start=1):
        _say(number, None, text)
    index("audit_log", "request_id")
    if on_postgresql():
        walled("billing_events", "false", changes="false")


def downgrade() -> None:
    if on_postgresql():
        unwalled("billing_events")
    op.drop_index("ix_audit_log_request_id", "audit_log")
    for number, text in enumerate(SAID, start=1):
        _say(number, text, None)
    op.execute(APART)
    op.drop_index(NAME, "plans")
    with op.batch_alter_table("plans") as plans:
        plans.create_unique_constraint(NAME, ["name"])


def _say(number: int, before: str | None, after: str | None) -> None:
    """Describe a plan that was brought, unless somebody has described it otherwise."""
    plans = sa.table(
        "plans", sa.column("id", sa.Uuid()), sa.column("description", sa.Text())
    )
    same = plans.c.description.is_not_distinct_from(before)
    ours = plans.update().where(plans.c.id == UUID(int=number), same)
    op.execute(ours.values(description=after))
