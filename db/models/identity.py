"""People, what they may do, and where they are signed in."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Changing, Owned
from db.models.billing import Tier
from db.types import text


class Role(Changing, Base):
    """What its holders may do. The three that the server brings cannot be changed."""

    __tablename__ = "roles"

    name: Mapped[str] = mapped_column(text(50), unique=True)
    """Its name: `admin`, `user`, `viewer`."""
    description: Mapped[str | None]
    """What it is for."""
    permissions: Mapped[list[str]] = mapped_column(default=list)
    """What its holders may do, by the names of permissions; `*` is everything."""
    is_system: Mapped[bool] = mapped_column(default=False)
    """Whether the server brings it, so that it cannot be changed."""


class User(Changing, Base):
    """A person with an account."""

    __tablename__ = "users"
    __table_args__ = (
        sa.CheckConstraint("email LIKE '_%@_%'", name="email_format"),
        sa.CheckConstraint("failed_login_attempts >= 0", name="attempts_positive"),
        sa.Index("uq_users_email", sa.text("lower(email)"), unique=True),
    )

    email: Mapped[str] = mapped_column(text(255))
    """Where mail reaches them; unique, whatever its case."""
    password_hash: Mapped[str | None] = mapped_column(text(255), info={"secret": True})
    pepper_version: Mapped[int] = mapped_column(default=1)
    full_name: Mapped[str | None] = mapped_column(text(255))
    """What they are called."""
    role_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("roles.id", ondelete="RESTRICT"), index=True
    )
    is_active: Mapped[bool] = mapped_column(default=True, index=True)
    """Whether they may sign in."""
    email_verified: Mapped[bool] = mapped_column(default=False)
    """Whether they have shown that the address is theirs."""
    last_login: Mapped[datetime | None]
    """When they last signed in."""
    failed_login_attempts: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    """Until when nobody signs in, after too many wrong passwords or codes."""
    token_version: Mapped[int] = mapped_column(default=1)
    totp_secret: Mapped[str | None] = mapped_column(
        info={"secret": True, "envelope": True}
    )
    totp_enabled_at: Mapped[datetime | None]
    """Since when a code is asked for besides the password."""
    totp_last_step: Mapped[int] = mapped_column(default=0, server_default="0")
    deleted_at: Mapped[datetime | None]
    """When the account was closed, and what was known of the person forgotten."""
    tier: Mapped[Tier] = mapped_column(
        default=Tier.FREE, server_default=Tier.FREE, index=True
    )
    """Of the plan they have, by the subscription that holds."""
    stripe_customer_id: Mapped[str | None] = mapped_column(
        text(255), index=True, unique=True
    )
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What they chose for themselves."""


class UserRole(Owned, Base):
    """A role that somebody was granted besides their first."""

    __tablename__ = "user_roles"
    __table_args__ = (
        sa.UniqueConstraint("owner_id", "role_id"),
        sa.Index(None, "owner_id", "id"),
        sa.Index(None, "role_id", "id"),
    )

    role_id: Mapped[UUID] = mapped_column(sa.ForeignKey("roles.id", ondelete="CASCADE"))
    assigned_by: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL")
    )


class Session(Owned, Changing, Base):
    """One sign-in on one device, kept alive by its refresh tokens."""

    __tablename__ = "sessions"
    __table_args__ = (
        sa.Index(None, "owner_id", "id"),
        sa.Index(None, "owner_id", "last_used", "id"),
    )

    refresh_token_hash: Mapped[str] = mapped_column(
        text(64), unique=True, info={"secret": True}
    )
    expires_at: Mapped[datetime] = mapped_column(index=True)
    """When it ends at the latest."""
    device_info: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """The program and the address it was begun from."""
    last_used: Mapped[datetime]
    """When it was last kept alive."""
    revoked_at: Mapped[datetime | None]
    """When it was ended before its time."""
    revoked_reason: Mapped[str | None] = mapped_column(text(50))
    """Why it was ended."""
    proved_at: Mapped[datetime | None]
    """When its owner last showed in it who they are."""


class RefreshToken(Owned, Base):
    """One link in the chain of tokens that keeps a session alive."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (sa.Index(None, "owner_id", "id"),)

    session_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("sessions.id", ondelete="CASCADE"), index=True
    )
    token_hash: Mapped[str] = mapped_column(
        text(64), unique=True, info={"secret": True}
    )
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    replaced_by_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("refresh_tokens.id", ondelete="SET NULL")
    )
    revoked_at: Mapped[datetime | None]
