"""How much somebody may have of something, and how much of it they have had."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, auto
from typing import Any

from db.models import Tier


class LimitScope(StrEnum):
    """What a limit is of, in the order in which they are looked at."""

    POINTS = auto()
    """Points that are spent on what is asked, and come back with time."""
    KEY_HOUR = auto()
    """Requests of an API key in an hour that moves with the clock."""
    PLAN_DAY = auto()
    """Calls of a plan in a day."""
    PLAN_MONTH = auto()
    """Calls of a plan in a month."""
    TIER_MONTH = auto()
    """Things of one kind in a month."""
    QUOTA_DAY = auto()
    """Calls of AI providers in a day."""
    QUOTA_MONTH = auto()
    """Calls of AI providers in a month."""
    COST_DAY = auto()
    """Money that AI providers cost in a day."""
    COST_MONTH = auto()
    """Money that AI providers cost in a month."""
    STOCK = auto()
    """Things of one kind that are there at a time."""


MONEY = frozenset({LimitScope.COST_DAY, LimitScope.COST_MONTH})
"""What is counted in millionths of a US dollar."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """A limit, and how far somebody is from it."""

    scope: LimitScope
    metric: str
    """What is counted: `points`, `requests`, `api_calls`, …"""
    limit: int | None
    """The most of it; None where there is no limit."""
    used: int
    resets_at: datetime | None = None
    """When there is more again; None where time alone gives none."""
    tier: Tier | None = None
    """The tier that the limit is of."""
    upgrade_to: Tier | None = None
    """The next tier that has more of it."""

    @property
    def remaining(self) -> int | None:
        return None if self.limit is None else max(self.limit - self.used, 0)

    @property
    def told(self) -> dict[str, Any]:
        """As it stands in the extensions of an error."""
        said = {
            "limit": self.limit,
            "used": self.used,
            "remaining": self.remaining,
            "resetAt": self.resets_at and _spelt(self.resets_at),
            "scope": self.scope.name,
            "tier": self.tier and self.tier.name,
            "upgradeTo": self.upgrade_to and self.upgrade_to.name,
        }
        return {name: value for name, value in said.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Bill:
    """What an operation costs whoever asks it, and what they have left."""

    points: int
    objects: int
    """Objects in the largest answer to it."""
    allowances: Callable[[], Awaitable[Sequence[Allowance]]]
    """As they are now, in the order in which they are looked at."""

    async def nearest(self) -> Allowance:
        """The limit that refuses first where this is asked again and again."""
        there = await self.allowances()
        return min((one for one in there if one.limit is not None), key=self._times)

    def _times(self, of: Allowance) -> int:
        """How often this may be asked until a limit refuses it."""
        each = self.points if of.scope is LimitScope.POINTS else 1
        return (of.remaining or 0) // each


def _spelt(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z"
