"""Points that are spent, and come back with time."""

import time
from collections import OrderedDict
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import Protocol

from db.base import utcnow
from resolvers.allowances import Allowance, LimitScope
from resolvers.errors import RateLimited

REMEMBERED = 100_000
"""Principals whose points are remembered; the one not heard of longest is forgotten."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How many points there are at most, and how many come back in a second."""

    capacity: float
    refill: float


class Buckets(Protocol):
    """The points of each who asks something."""

    def take(self, whose: str, points: float, rate: Rate) -> Awaitable[None] | None:
        """Take some points of somebody's, at most all there can be.

        Raises RateLimited where there are too few, and then takes none. What is
        returned, if anything, is to be awaited first: it may raise that too.
        """
        ...

    def give(self, whose: str, points: float, rate: Rate) -> None:
        """Put points back that were taken and not needed."""
        ...

    def missing(self, whose: str, rate: Rate) -> float:
        """How many points somebody has spent that have not come back, as known here."""
        ...

    async def close(self) -> None: ...


class Bucket:
    """The points of one. All that is kept of them is when they will be whole again."""

    def __init__(self) -> None:
        self._whole = 0.0

    def spend(self, points: float, rate: Rate) -> None:
        """Take some points, at most all there can be.

        Raises RateLimited where there are too few, and then takes none.
        """
        now, points = time.monotonic(), min(points, rate.capacity)
        missing = max(self._whole - now, 0) * rate.refill
        lacking = missing + points - rate.capacity
        if lacking > 0:
            raise late(lacking, rate, missing)
        self._whole = max(self._whole, now) + points / rate.refill

    def give(self, points: float, rate: Rate) -> None:
        """Put points back, at most all there can be."""
        self._whole -= points / rate.refill

    def missing(self, rate: Rate) -> float:
        """How many points have been spent that have not come back."""
        return max(self._whole - time.monotonic(), 0) * rate.refill


class MemoryBuckets:
    """Those of this process alone."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, whose: str, points: float, rate: Rate) -> None:
        bucket = self._kept.get(whose)
        if bucket is None:
            bucket = self._kept[whose] = Bucket()
            if len(self._kept) > REMEMBERED:
                self._kept.popitem(last=False)
        self._kept.move_to_end(whose)
        bucket.spend(points, rate)

    def give(self, whose: str, points: float, rate: Rate) -> None:
        if bucket := self._kept.get(whose):
            bucket.give(points, rate)

    def missing(self, whose: str, rate: Rate) -> float:
        bucket = self._kept.get(whose)
        return bucket.missing(rate) if bucket else 0.0

    async def close(self) -> None:
        self._kept.clear()


def late(lacking: float, rate: Rate, missing: float) -> RateLimited:
    """Why somebody has to wait, and how long; so many points are missing already."""
    after = lacking / rate.refill
    told = spent(missing, rate, after)
    return RateLimited("too much at once; wait a while", after, told)


def spent(missing: float, rate: Rate, after: float) -> Allowance:
    """How the points of somebody stand, who has more of them after some seconds."""
    most, resets_at = int(rate.capacity), utcnow() + timedelta(seconds=after)
    used = min(ceil(missing), most)
    return Allowance(LimitScope.POINTS, "points", most, used, resets_at)
