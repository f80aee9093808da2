"""API keys, and roles beside the first."""

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
    texts,
    to,
    unique,
)

revision = "0013"
down_revision = "0012"

TIERS = ("free", "pro", "team", "enterprise")
CLOSED: Any = {"native_enum": False, "create_constraint": True, "length": 32}
KINDS = "'user', 'api_key', 'system', 'anonymous'"
LITE = """
CREATE TRIGGER audit_log_{0} BEFORE {0} ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END
"""
"""What goes with SQLite's table when that is made anew."""


def upgrade() -> None:
    table(
        "user_roles",
        owner(),
        to("role_id", "roles", "CASCADE"),
        to("assigned_by", "users", "SET NULL", nullable=True),
        unique("owner_id", "role_id"),
    )
    index("user_roles", "owner_id", "id")
    index("user_roles", "role_id", "id")
    table(
        "api_keys",
        owner(),
        column("name", text(255)),
        column("key_prefix", text(32)),
        column("last_four", text(4)),
        column("key_hash", text(64)),
        optional("former_hash", text(64)),
        optional("former_until", moment()),
        column("scopes", texts()),
        column("expires_at", moment()),
        optional("last_used_at", moment()),
        optional("refused_at", moment()),
        column("rate_limit", sa.Integer()),
        optional("tier", sa.Enum(*TIERS, name="tier", **CLOSED)),
        column("trusted_only", sa.Boolean()),
        optional("revoked_at", moment()),
        optional("revoked_reason", text(50)),
        *changing(),
        check("rate_positive", "rate_limit > 0"),
        unique("key_prefix"),
        unique("key_hash"),
    )
    index("api_keys", "owner_id", "id")
    with _altered("predictions") as predictions:
        predictions.create_foreign_key(
            op.f("fk_predictions_api_key_id"),
            "api_keys",
            ["api_key_id"],
            ["id"],
            ondelete="SET NULL",
        )
    op.create_index(
        "ix_predictions_api_key_id_id",
        "predictions",
        ["api_key_id", "id"],
        postgresql_where=sa.text("api_key_id IS NOT NULL"),
        sqlite_where=sa.text("api_key_id IS NOT NULL"),
    )
    with _altered("audit_log") as log:
        log.drop_constraint(op.f("ck_audit_log_actorkind"), type_="check")
        log.create_check_constraint(
            op.f("ck_audit_log_actorkind"), f"actor_kind IN ({KINDS})"
        )
    if not on_postgresql():
        for what in ("UPDATE", "DELETE"):
            op.execute(LITE.format(what))


def downgrade() -> None:
    """The audit log may go on saying what keys did: it is never changed."""
    op.drop_index("ix_predictions_api_key_id_id", "predictions")
    with _altered("predictions") as predictions:
        predictions.drop_constraint(
            op.f("fk_predictions_api_key_id"), type_="foreignkey"
        )
    op.drop_table("api_keys")
    op.drop_table("user_roles")


def _altered(name: str) -> Any:
    """The table, which SQLite makes anew: as it is, whatever it refers to."""
    return op.batch_alter_table(name, reflect_kwargs={"resolve_fks": False})
