"""Mail to people, second factors, invitations."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import (
    changing,
    check,
    closed,
    column,
    index,
    moment,
    optional,
    owner,
    table,
    text,
    to,
    unique,
)

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    _letters()
    _invitations()
    _second_factors()


def downgrade() -> None:
    op.drop_table("invitations")
    op.drop_table("one_time_tokens")
    op.drop_table("recovery_codes")
    op.drop_column("sessions", "proved_at")
    for name in ("totp_secret", "totp_enabled_at", "totp_last_step", "deleted_at"):
        op.drop_column("users", name)


def _second_factors() -> None:
    op.add_column("users", optional("totp_secret", text()))
    op.add_column("users", optional("totp_enabled_at", moment()))
    steps = column("totp_last_step", sa.Integer(), server_default="0")
    op.add_column("users", steps)
    op.add_column("users", optional("deleted_at", moment()))
    op.add_column("sessions", optional("proved_at", moment()))
    table(
        "recovery_codes",
        owner(),
        column("code_hash", text(64)),
        optional("used_at", moment()),
        unique("code_hash"),
    )
    index("recovery_codes", "owner_id", "id")


def _letters() -> None:
    purposes = ("password_reset", "email_verify", "email_change")
    table(
        "one_time_tokens",
        owner(),
        closed("purpose", "purpose", *purposes),
        column("token_hash", text(64)),
        column("email", text(255)),
        column("expires_at", moment()),
        optional("used_at", moment()),
        unique("token_hash"),
    )
    index("one_time_tokens", "owner_id", "purpose", "id")
    index("one_time_tokens", "expires_at")


def _invitations() -> None:
    table(
        "invitations",
        owner(),
        column("code_hash", text(64)),
        to("role_id", "roles", "CASCADE"),
        optional("email", text(255)),
        column("max_uses", sa.Integer()),
        column("uses", sa.Integer()),
        column("expires_at", moment()),
        optional("revoked_at", moment()),
        *changing(),
        unique("code_hash"),
        check("max_uses_positive", "max_uses >= 1"),
        check("uses_within", "uses BETWEEN 0 AND max_uses"),
    )
    index("invitations", "owner_id", "id")
    index("invitations", "role_id")
    index("invitations", "expires_at")
