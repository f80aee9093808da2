"""Calls that this process may make, and how many it asks for at a time."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import datetime

from db.base import utcnow
from resolvers.billing.calls import Grant

EVERY = 2.0
"""Seconds between two looks at what is to be counted or given back."""
PART = 20
"""A lot is this part of the calls that are left to lots."""
FEW = 100
"""Calls, besides a quarter of all, that are left to whoever needs them."""


@dataclass(eq=False, slots=True)
class Supply:
    """Calls to be made here, and what is known of their meter."""

    limit: int
    left: int = 0
    used: int = 0
    """What was counted in all, with what is left here, when it was last asked."""
    resets_at: datetime = field(default_factory=utcnow)
    """When there was more again, as it was then."""
    at: datetime = field(default_factory=utcnow)
    seen: float = float("-inf")
    """When that was, by either clock."""
    waiting: int = 0
    """Calls that wait for an answer."""
    asking: asyncio.Future[bool] | None = None
    """Whether the database answered, as soon as that is known."""

    @property
    def most(self) -> int:
        """How many are asked for now: what is needed, and a lot if there are many."""
        room = self.limit - self.used - max(FEW, self.limit // 4)
        return self.waiting + (max(room, 0) // PART if self.fresh else 0)

    @property
    def fresh(self) -> bool:
        """Whether what is known is not old."""
        return time.monotonic() - self.seen < EVERY

    @property
    def spent(self) -> bool:
        """Whether it was just seen that there are no more."""
        return self.fresh and self.used >= self.limit and utcnow() < self.resets_at

    def hear(self, grant: Grant, at: datetime) -> None:
        """Take what was granted."""
        self.left += grant.number
        self.used, self.resets_at, self.at = grant.used, grant.resets_at, at
        self.seen = time.monotonic()

    def part(self) -> tuple[int, datetime]:
        """What is left, which is here no more, and since when it was."""
        left, self.left = self.left, 0
        self.used -= left
        return left, self.at
