"""Accounts and sessions."""

from uuid import UUID

import sqlalchemy as sa
from alembic import op

from migrations.columns import (
    changing,
    check,
    column,
    document,
    index,
    moment,
    optional,
    owner,
    table,
    text,
    texts,
    to,
    unique,
)

revision = "0001"
down_revision = None

ROLES = [
    {
        "id": UUID(int=number),
        "name": name,
        "description": description,
        "permissions": ["*"] if name == "admin" else [],
        "is_system": True,
    }
    for number, name, description in (
        (1, "admin", "Runs the server, and may see and do everything"),
        (2, "user", "Works with data of their own"),
        (3, "viewer", "Looks at data of their own, and changes nothing"),
    )
]


def upgrade() -> None:
    table(
        "roles",
        column("name", text(50)),
        optional("description", text()),
        column("permissions", texts()),
        column("is_system", sa.Boolean()),
        *changing(),
        unique("name"),
    )
    op.bulk_insert(
        sa.table(
            "roles",
            sa.column("id", sa.Uuid()),
            sa.column("name"),
            sa.column("description"),
            sa.column("permissions", texts()),
            sa.column("is_system"),
        ),
        ROLES,
    )
    table(
        "users",
        column("email", text(255)),
        optional("password_hash", text(255)),
        column("pepper_version", sa.Integer()),
        optional("full_name", text(255)),
        to("role_id", "roles", "RESTRICT"),
        column("is_active", sa.Boolean()),
        column("email_verified", sa.Boolean()),
        optional("last_login", moment()),
        column("failed_login_attempts", sa.Integer()),
        optional("locked_until", moment()),
        column("token_version", sa.Integer()),
        column("settings", document()),
        *changing(),
        check("attempts_positive", "failed_login_attempts >= 0"),
        check("email_format", "email LIKE '_%@_%'"),
    )
    index("users", "is_active")
    index("users", "role_id")
    op.create_index("uq_users_email", "users", [sa.text("lower(email)")], unique=True)
    table(
        "sessions",
        owner(),
        column("refresh_token_hash", text(64)),
        column("expires_at", moment()),
        column("device_info", document()),
        column("last_used", moment()),
        optional("revoked_at", moment()),
        optional("revoked_reason", text(50)),
        *changing(),
        unique("refresh_token_hash"),
    )
    index("sessions", "expires_at")
    index("sessions", "owner_id", "id")
    index("sessions", "owner_id", "last_used", "id")
    table(
        "refresh_tokens",
        owner(),
        to("session_id", "sessions", "CASCADE"),
        column("token_hash", text(64)),
        column("expires_at", moment()),
        optional("used_at", moment()),
        to("replaced_by_id", "refresh_tokens", "SET NULL", nullable=True),
        optional("revoked_at", moment()),
        unique("token_hash"),
    )
    index("refresh_tokens", "expires_at")
    index("refresh_tokens", "owner_id", "id")
    index("refresh_tokens", "session_id")


def downgrade() -> None:
    op.drop_table("refresh_tokens")
    op.drop_table("sessions")
    op.drop_table("users")
    op.drop_table("roles")
