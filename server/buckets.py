"""Points that are spent, and come back with time."""

import time
from collections import OrderedDict
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Protocol

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
            raise late(lacking, rate)
        self._whole = max(self._whole, now) + points / rate.refill


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

    async def close(self) -> None:
        self._kept.clear()


def late(lacking: float, rate: Rate) -> RateLimited:
    """Why somebody has to wait, and how long."""
    return RateLimited("too much at once; wait a while", lacking / rate.refill)
