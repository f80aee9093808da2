"""Points that are spent, and come back with time. They are counted in this process."""

import time
from collections import OrderedDict
from dataclasses import dataclass

from resolvers.errors import RateLimited

REMEMBERED = 100_000
"""Principals whose points are remembered; the one not heard of longest is forgotten."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How many points there are at most, and how many come back in a second."""

    capacity: float
    refill: float


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
            raise RateLimited("too much at once; wait a while", lacking / rate.refill)
        self._whole = max(self._whole, now) + points / rate.refill


class Buckets:
    """The points of each who asks something."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Bucket] = OrderedDict()

    def spend(self, whose: str, points: float, rate: Rate) -> None:
        """Take some points of somebody's. Raises RateLimited as their bucket does."""
        bucket = self._kept.setdefault(whose, Bucket())
        self._kept.move_to_end(whose)
        if len(self._kept) > REMEMBERED:
            self._kept.popitem(last=False)
        bucket.spend(points, rate)
