"""The till: what an operation costs is taken here, and what it did not cost given back.

First a request of a key is counted in its hour, then points are taken for what it asks,
then it is counted as a call in the day and the month of its user's plan.
"""

from asyncio import gather
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import ceil
from typing import Any

from db.base import utcnow
from db.models import Tier
from resolvers.access import BaseRole
from resolvers.allowances import Allowance, Bill, LimitScope
from resolvers.billing.calls import Meter
from resolvers.errors import Busy, RateLimited
from server.buckets import Buckets, Rate, spent
from server.calls import PLAN, Calls, Due, late
from server.costs import Cost
from server.limits import Limits
from server.principals import Principal
from server.throttle import counted

HEADERS = LIMIT, REMAINING, RESET = (
    "ratelimit-limit",
    "ratelimit-remaining",
    "ratelimit-reset",
)
ENCODED = [name.encode() for name in HEADERS]


@dataclass(frozen=True, slots=True)
class Payer:
    """Who asks something, and what pays for it."""

    who: Principal
    whose: str
    """Whose points it costs: a user's own, or those of a stranger's address."""
    most: int
    """Points that one operation costs at most."""
    rate: Rate
    hour: Due | None = None
    """The hour of the key that they ask with."""
    plan: tuple[Due, ...] = ()
    """The day and the month of their plan."""

    @property
    def stranger(self) -> bool:
        return self.who.actor.user_id is None

    @property
    def dues(self) -> tuple[Due, ...]:
        return (self.hour, *self.plan) if self.hour else self.plan

    def of(self, cost: Cost) -> "Payer":
        """Who pays for an operation: to their plan what is of an account is no call."""
        return replace(self, plan=()) if cost.of_account else self


class Till:
    """Takes points and calls, and says how many are left."""

    def __init__(self, buckets: Buckets, calls: Calls) -> None:
        self._buckets, self._calls = buckets, calls

    def payer(self, who: Principal, address: str | None, limits: Limits) -> Payer:
        """Who pays where somebody asks."""
        if (user_id := who.actor.user_id) is None:
            whose = counted(address or "")
            return Payer(who, whose, limits.strangers_points, limits.strangers_rate)
        if who.tier is Tier.FREE:
            most, rate = limits.points, limits.rate
        else:
            most, rate = limits.paid_points, limits.paid_rate
        return Payer(who, str(user_id), most, rate, self._hour(who), self._plan(who))

    def _hour(self, who: Principal) -> Due | None:
        key_id, most = who.actor.key_id, who.rate_limit
        if key_id is None or most is None:
            return None
        return Meter(key_id, LimitScope.KEY_HOUR), most

    def _plan(self, who: Principal) -> tuple[Due, ...]:
        """The periods of a plan. Nobody limits the calls of administrators."""
        user_id = who.actor.user_id
        if user_id is None:
            return ()
        free = who.actor.role is BaseRole.ADMIN
        return self._calls.plan(user_id, None if free else who.tier)

    async def knock(self, who: Principal) -> None:
        """Count a request of a key in its hour. Raises RateLimited, as all here."""
        if hour := self._hour(who):
            await self._call([hour], who)

    async def enter(self, payer: Payer) -> None:
        """Count a request, whatever it asks, and take a point for it."""
        await self.knock(payer.who)
        await self.pay(payer, 1)

    async def pay(self, payer: Payer, points: float) -> None:
        """Take points for what is asked."""
        if waiting := self._buckets.take(payer.whose, points, payer.rate):
            await waiting

    async def call(self, payer: Payer) -> None:
        """Count a call in the periods of a plan."""
        await self._call(payer.plan, payer.who)

    async def take(self, payer: Payer, points: float) -> None:
        """All of this at once; of what is refused nothing is taken."""
        await self.pay(payer, points)
        try:
            await self._call(payer.dues, payer.who)
        except (RateLimited, Busy):
            self.give(payer, points)
            raise

    def put_back(self, payer: Payer, points: float) -> None:
        """Have nothing been taken that was taken at once."""
        self.give(payer, points)
        for due in payer.dues:
            self._calls.put_back(*due)

    def give(self, payer: Payer, taken: float, spent: float = 0) -> None:
        """Put points back that were taken and not spent."""
        left = min(taken, payer.rate.capacity) - spent
        if left > 0:
            self._buckets.give(payer.whose, left, payer.rate)

    def bill(self, payer: Payer, points: int, objects: int) -> Bill:
        """What is told of a cost while it is paid."""
        return Bill(points, objects, partial(self.allowances, payer))

    async def allowances(self, payer: Payer) -> list[Allowance]:
        """How far somebody is from each limit. Raises Busy."""
        await gather(*(self._calls.look(*due) for due in payer.dues))
        stands = partial(self._stands, payer)
        return [self._points(payer), *map(stands, payer.dues)]

    def cost(self, payer: Payer, points: int, spent: int) -> dict[str, Any]:
        """What an operation might have cost, what it did, and what is left."""
        most, rate = payer.rate.capacity, payer.rate
        left = most - self._buckets.missing(payer.whose, rate)
        return {
            "requestedQueryCost": points,
            "actualQueryCost": spent,
            "throttleStatus": {
                "maximumAvailable": int(most),
                "currentlyAvailable": int(left),
                "restoreRate": rate.refill,
            },
        }

    def headers(self, payer: Payer) -> list[tuple[bytes, bytes]]:
        """What is told of the first of them with each answer."""
        if payer.hour is None:
            rate = payer.rate
            missing = self._buckets.missing(payer.whose, rate)
            most, reset = int(rate.capacity), ceil(missing / rate.refill)
            return told(most, max(most - ceil(missing), 0), reset)
        one = self._stands(payer, payer.hour)
        return told_of(one)

    def _points(self, payer: Payer) -> Allowance:
        """How many points there are of all that there can be."""
        rate, missing = payer.rate, self._buckets.missing(payer.whose, payer.rate)
        return spent(missing, rate, missing / rate.refill)

    async def _call(self, dues: Sequence[Due], who: Principal) -> None:
        """Count a call by each, or by none where one refuses it."""
        calls, made = self._calls, list[Due]()
        try:
            for due in dues:
                if waiting := calls.take(*due):
                    await waiting
                made.append(due)
        except (RateLimited, Busy) as error:
            for due in made:
                calls.put_back(*due)
            if isinstance(error, RateLimited) and error.allowance:
                raise late(self._of_tier(who.tier, error.allowance)) from None
            raise

    def _stands(self, payer: Payer, due: Due) -> Allowance:
        return self._of_tier(payer.who.tier, self._calls.allowance(*due))

    def _of_tier(self, tier: Tier, one: Allowance) -> Allowance:
        """An allowance, with the tier that gives it and the next that gives more."""
        if one.scope not in PLAN:
            return one
        above = self._calls.ceilings.above(tier, one.scope)
        return replace(one, tier=tier, upgrade_to=above)


def told_of(one: Allowance) -> list[tuple[bytes, bytes]]:
    """The headers that tell of a limit."""
    left = (one.resets_at - utcnow()).total_seconds() if one.resets_at else 0
    return told(one.limit or 0, one.remaining or 0, max(ceil(left), 0))


def told(most: int, left: int, reset: int) -> list[tuple[bytes, bytes]]:
    """Headers: the most of it, how many are left, and seconds until there are more."""
    limit, remaining, after = ENCODED
    said = b"%d" % most, b"%d" % left, b"%d" % reset
    return [(limit, said[0]), (remaining, said[1]), (after, said[2])]
