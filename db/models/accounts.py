"""What leads back to an account, or to a new one."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Changing, Owned
from db.types import text


class RecoveryCode(Owned, Base):
    """A way in for whoever has lost what makes their codes. Each is good for once."""

    __tablename__ = "recovery_codes"
    __table_args__ = (sa.Index(None, "owner_id", "id"),)

    code_hash: Mapped[str] = mapped_column(text(64), unique=True, info={"secret": True})
    used_at: Mapped[datetime | None]


class Purpose(StrEnum):
    """What a token that is mailed is good for."""

    PASSWORD_RESET = "password_reset"  # noqa: S105  the name of a purpose
    EMAIL_VERIFY = "email_verify"
    EMAIL_CHANGE = "email_change"


class OneTimeToken(Owned, Base):
    """What a link in a letter carries: good for one thing, once, for a while."""

    __tablename__ = "one_time_tokens"
    __table_args__ = (
        sa.Index(None, "owner_id", "purpose", "id"),
        sa.Index(None, "expires_at"),
    )

    purpose: Mapped[Purpose]
    token_hash: Mapped[str] = mapped_column(
        text(64), unique=True, info={"secret": True}
    )
    email: Mapped[str] = mapped_column(text(255))
    """Where it was sent: whoever shows it can read what is sent there."""
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Invitation(Owned, Changing, Base):
    """A code by which people come in, with a role, and only so many of them."""

    __tablename__ = "invitations"
    __table_args__ = (
        sa.Index(None, "owner_id", "id"),
        sa.Index(None, "expires_at"),
        sa.CheckConstraint("max_uses >= 1", name="max_uses_positive"),
        sa.CheckConstraint("uses BETWEEN 0 AND max_uses", name="uses_within"),
    )

    code_hash: Mapped[str] = mapped_column(text(64), unique=True, info={"secret": True})
    role_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("roles.id", ondelete="CASCADE"), index=True
    )
    email: Mapped[str | None] = mapped_column(text(255))
    """The only address that it lets in, where it is not for everybody."""
    max_uses: Mapped[int] = mapped_column(default=1)
    """How many people it lets in."""
    uses: Mapped[int] = mapped_column(default=0)
    """How many have come."""
    expires_at: Mapped[datetime]
    """When it ends."""
    revoked_at: Mapped[datetime | None]
    """When it was taken back."""
