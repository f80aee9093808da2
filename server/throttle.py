"""How often something may be done: counted here, or by Redis for all processes."""

import asyncio
import ipaddress
import logging
import time
from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from typing import Any

from limits import (
    RateLimitItem,
    RateLimitItemPerHour,
    RateLimitItemPerMinute,
)
from limits.aio.strategies import MovingWindowRateLimiter
from limits.storage import storage_from_string
from redis.exceptions import RedisError

from resolvers.errors import RateLimited
from server.settings import Settings

Rates = Mapping[str, Sequence[RateLimitItem]]
PATIENCE = 1.0
"""Seconds to wait for Redis."""
STRICTER = 4
"""By what the limits are divided while each process counts for itself."""
REMEMBERED = 100_000
"""How many tries of whom are remembered while each process counts for itself."""
SELDOM = 60.0
"""Seconds between two complaints of Redis."""
logger = logging.getLogger(__name__)


def rates(settings: Settings) -> Rates:
    """How often each thing may be done."""
    logins = (
        RateLimitItemPerMinute(settings.logins_per_minute),
        RateLimitItemPerHour(settings.logins_per_hour),
    )
    return {
        "login": logins,
        "letter": (RateLimitItemPerHour(settings.letters_per_hour),),
        "token": logins,
        "signUp": (RateLimitItemPerHour(settings.sign_ups_per_hour),),
        "tokenRefresh": (RateLimitItemPerMinute(settings.refreshes_per_minute),),
    }


class MemoryThrottle:
    """Counts in this process, over windows that move with the clock.

    Those who have tried least lately are forgotten, where there are very many.
    """

    def __init__(self, rates: Rates) -> None:
        self._rates = rates
        self._tries: OrderedDict[tuple[str, str, int], deque[float]] = OrderedDict()
        """When somebody last tried something, as often as each limit lets them."""

    async def hit(self, name: str, who: str) -> None:
        whose = counted(who)
        for place, item in enumerate(self._rates[name]):
            self._count((name, whose, place), item)

    def _count(self, key: tuple[str, str, int], item: RateLimitItem) -> None:
        now, tries = time.monotonic(), self._tries.get(key)
        if tries is None:
            tries = self._tries[key] = deque(maxlen=item.amount)
            if len(self._tries) > REMEMBERED:
                self._tries.popitem(last=False)
        self._tries.move_to_end(key)
        free_at = tries[0] + item.get_expiry() if len(tries) == item.amount else now
        if free_at > now:
            raise _late(free_at - now)
        tries.append(now)


class RedisThrottle:
    """Counts for all processes; and in this one, more strictly, while Redis is away."""

    def __init__(self, url: str, rates: Rates) -> None:
        place = url.replace("unix://", "redis+unix://", 1)
        storage: Any = storage_from_string(
            f"async+{place}",
            implementation="redispy",
            socket_timeout=PATIENCE,
            socket_connect_timeout=PATIENCE,
        )
        self._storage = storage
        self._limiter = MovingWindowRateLimiter(storage)
        self._rates = rates
        self._alone = MemoryThrottle(
            {name: [*map(_stricter, items)] for name, items in rates.items()}
        )
        self._complained = float("-inf")

    async def hit(self, name: str, who: str) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await _count(self._limiter, self._rates[name], name, who)
        except (RedisError, OSError, TimeoutError) as error:
            self._complain(error)
            await self._alone.hit(name, who)

    async def close(self) -> None:
        await self._storage.bridge.storage.aclose()

    def _complain(self, error: Exception) -> None:
        if time.monotonic() - self._complained > SELDOM:
            self._complained = time.monotonic()
            logger.error("redis is away, so this process counts alone: %s", error)


def counted(who: str) -> str:
    """Who is counted: of an IPv6 address its network, for a household has 2^64."""
    try:
        address = ipaddress.ip_address(who)
    except ValueError:
        return who
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), 64), strict=False))


async def _count(
    limiter: MovingWindowRateLimiter,
    items: Sequence[RateLimitItem],
    name: str,
    who: str,
) -> None:
    """Count one more by each limit. Raises RateLimited at the first that is reached."""
    key = (name, counted(who))
    for item in items:
        if not await limiter.hit(item, *key):
            reset, _ = await limiter.get_window_stats(item, *key)
            raise _late(reset - time.time())


def _late(after: float) -> RateLimited:
    return RateLimited("too many tries; wait a while", after)


def _stricter(item: RateLimitItem) -> RateLimitItem:
    return type(item)(max(item.amount // STRICTER, 1), item.multiples)
