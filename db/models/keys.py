"""Keys by which programs ask in somebody's name."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Changing, Owned
from db.models.billing import Tier
from db.types import text

USUAL_RATE = 1_000
"""Requests in an hour, where nothing else was said."""


class ApiKey(Owned, Changing, Base):
    """A key by which a program asks in its owner's name. It is never deleted."""

    __tablename__ = "api_keys"
    __table_args__ = (
        sa.CheckConstraint("rate_limit > 0", name="rate_positive"),
        sa.Index(None, "owner_id", "id"),
    )

    name: Mapped[str] = mapped_column(text(255))
    """What it is for."""
    key_prefix: Mapped[str] = mapped_column(text(32), unique=True)
    """How the key begins: what it is known by, and no secret."""
    last_four: Mapped[str] = mapped_column(text(4))
    """The last four of its letters and digits."""
    key_hash: Mapped[str] = mapped_column(text(64), unique=True, info={"secret": True})
    former_hash: Mapped[str | None] = mapped_column(text(64), info={"secret": True})
    former_until: Mapped[datetime | None]
    """Until when the key from before the last rotation opens too."""
    scopes: Mapped[list[str]]
    """What it may do, as far as its owner may."""
    expires_at: Mapped[datetime]
    """When it ends."""
    last_used_at: Mapped[datetime | None]
    """When it was last used, to the minute."""
    refused_at: Mapped[datetime | None]
    """When it was last shown although it opened nothing any more, to the minute."""
    rate_limit: Mapped[int] = mapped_column(default=USUAL_RATE)
    """Requests that it makes in an hour at most."""
    tier: Mapped[Tier | None]
    """The tier it asks in at most; its owner's, where there is none."""
    trusted_only: Mapped[bool] = mapped_column(default=False)
    """Whether it opens nothing but persisted documents."""
    revoked_at: Mapped[datetime | None]
    """When it was ended before its time."""
    revoked_reason: Mapped[str | None] = mapped_column(text(50))
    """Why it was ended: `revoked`, `exposed`, or what became of its owner."""
