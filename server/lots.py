"""Points that all processes share: Redis has the buckets, a process takes lots of them.

A lot is spent without asking anybody. What is left of it goes back after a second; the
lot of a process that died is gone until it comes back with time. So all processes
together admit what is in one bucket and what comes back, and never more.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass

from redis.asyncio import Redis

from server.buckets import MemoryBuckets, Rate, late

PART = 20
"""A lot is this part of what a bucket can hold, and less where little is in it."""
HELD = 1.0
"""Seconds after which what is left of a lot goes back."""
PATIENCE = 1.0
"""Seconds to wait for Redis."""
PAUSE = 2.0
"""Seconds without Redis, once it has failed."""
SELDOM = 60.0
"""Seconds between two complaints of it."""
BATCH = 500
"""Buckets in one call: meanwhile others wait for Redis."""
CALL = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local told = {}
for i, key in ipairs(KEYS) do
  local need, most = tonumber(ARGV[4 * i - 3]), tonumber(ARGV[4 * i - 2])
  local capacity, refill = tonumber(ARGV[4 * i - 1]), tonumber(ARGV[4 * i]) / 1000000
  local whole = math.max(tonumber(redis.call('GET', key) or 0), now)
  local free, given = capacity - (whole - now) * refill, 0
  if free >= need then
    given = math.max(need, math.min(most, math.floor(free / 4)))
    whole = whole + math.ceil(given / refill)
    if whole > now then
      local last = math.ceil((whole - now) / 1000)
      redis.call('SET', key, string.format('%.0f', whole), 'PX', last)
    else
      redis.call('DEL', key)
    end
  end
  told[i] = string.format('%.17g %.17g', given, free - given)
end
return told
"""
"""Takes points out of buckets, or puts them back where what is needed is negative.

A bucket is the microsecond at which it will be whole, by the clock of Redis. Whoever
needs some is given as much as a lot at most; of each bucket is told how much was given
and what is left in it.
"""
logger = logging.getLogger(__name__)


@dataclass(eq=False, slots=True)
class Lot:
    """Points of somebody's to spend here, and what is known of their bucket."""

    rate: Rate
    left: float = 0
    rest: float = 0
    """What was in the bucket when it was last asked."""
    seen: float = float("-inf")
    """When that was."""
    asking: asyncio.Future[None] | None = None

    @property
    def there(self) -> float:
        """How many points there are, here and in the bucket."""
        back = (time.monotonic() - self.seen) * self.rate.refill
        return min(self.left + self.rest + back, self.rate.capacity)

    def known(self, points: float) -> None:
        """Raises RateLimited where the bucket was just seen to have too few."""
        lacking = points - (there := self.there)
        if lacking > 0 and time.monotonic() - self.seen < HELD:
            raise late(lacking, self.rate, self.rate.capacity - there)


@dataclass(frozen=True, slots=True)
class Call:
    """A change of a bucket that Redis is yet to make."""

    whose: str
    need: float
    lot: Lot

    @property
    def arguments(self) -> tuple[str, ...]:
        rate, need = self.lot.rate, self.need
        most = max(need, rate.capacity // PART) if need > 0 else need
        return tuple(map(repr, (need, most, rate.capacity, rate.refill)))

    def done(self, told: bytes | None) -> None:
        """Hear what came of it; None is that Redis was away."""
        lot = self.lot
        if told and self.need > 0:
            given, lot.rest = map(float, told.split())
            lot.left += given
            lot.seen = time.monotonic()
        if lot.asking:
            lot.asking.set_result(None)
            lot.asking = None


class RedisBuckets:
    """Those of all processes. While Redis is away each process counts for itself."""

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(
            url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
        )
        self._script = self._redis.register_script(CALL)
        self._lots: dict[str, Lot] = {}
        self._calls: list[Call] = []
        self._calling: asyncio.Task[None] | None = None
        self._sweeping: asyncio.TimerHandle | None = None
        self._alone = MemoryBuckets()
        self._failed = False
        self._again = self._complained = float("-inf")

    def take(self, whose: str, points: float, rate: Rate) -> Awaitable[None] | None:
        lot = self._lots.get(whose)
        if lot and lot.left >= points:
            lot.left -= points
            return None
        points = min(points, rate.capacity)
        if self._away:
            return self._alone.take(whose, points, rate)
        if lot:
            lot.known(points)
        return self._taken(whose, points, rate)

    def give(self, whose: str, points: float, rate: Rate) -> None:
        if self._away:
            self._alone.give(whose, points, rate)
            return
        self._lots.setdefault(whose, Lot(rate)).left += points
        self._sweep_soon()

    def missing(self, whose: str, rate: Rate) -> float:
        if self._away or (lot := self._lots.get(whose)) is None:
            return self._alone.missing(whose, rate)
        return rate.capacity - lot.there

    async def close(self) -> None:
        """Give back what was not spent, if Redis will have it."""
        if self._sweeping:
            self._sweeping.cancel()
        self._give_back(float("inf"))
        if self._calling:
            await self._calling
        await self._redis.aclose()

    @property
    def _away(self) -> bool:
        """Whether Redis failed, and is not to be asked again yet or by one more."""
        waits = self._calling or time.monotonic() < self._again
        return bool(self._failed and waits)

    async def _taken(self, whose: str, points: float, rate: Rate) -> None:
        """Take some points once there is a lot that has them."""
        lot = self._lots.setdefault(whose, Lot(rate))
        while lot.left < points:
            if self._away:
                self._alone.take(whose, points, rate)
                return
            lot.known(points)
            if lot.asking is None:
                lot.asking = asyncio.get_running_loop().create_future()
                self._call(Call(whose, points - lot.left, lot))
            await asyncio.shield(lot.asking)
        lot.left -= points

    def _call(self, call: Call) -> None:
        self._calls.append(call)
        if self._calling is None:
            self._calling = asyncio.create_task(self._work())

    async def _work(self) -> None:
        """Make the calls that wait; those that come meanwhile go together."""
        while calls := self._calls[:BATCH]:
            del self._calls[:BATCH]
            for call, told in zip(calls, await self._told(calls), strict=True):
                call.done(told)
        self._calling = None
        self._sweep_soon()

    async def _told(self, calls: Sequence[Call]) -> Sequence[bytes | None]:
        keys = [f"points:{call.whose}" for call in calls]
        given = [one for call in calls for one in call.arguments]
        try:
            async with asyncio.timeout(PATIENCE):
                told = await self._script(keys, given)
        except Exception as error:  # noqa: BLE001  or somebody would wait for ever
            self._complain(error)
            return [None] * len(calls)
        self._failed = False
        return told

    def _sweep_soon(self) -> None:
        if self._sweeping is None:
            loop = asyncio.get_running_loop()
            self._sweeping = loop.call_later(HELD, self._sweep)

    def _sweep(self) -> None:
        self._sweeping = None
        self._give_back(time.monotonic() - HELD)
        if self._lots:
            self._sweep_soon()

    def _give_back(self, before: float) -> None:
        """Part with the lots that were seen before some moment."""
        for whose, lot in [*self._lots.items()]:
            if lot.seen < before and lot.asking is None:
                del self._lots[whose]
                if lot.left > 0:
                    self._call(Call(whose, -lot.left, lot))

    def _complain(self, error: Exception) -> None:
        now = time.monotonic()
        self._failed, self._again = True, now + PAUSE
        if now - self._complained > SELDOM:
            self._complained = now
            logger.error("redis is away, so each process counts points: %s", error)
