"""Calls that are counted for all processes, of which this one takes some at a time.

A limited call is taken from the database before it is made. While many are left a
process takes a lot of them, and makes those without asking; near the limit it takes
what it needs, so that the last call is made by whoever asks for it. What nobody limits
is counted after the fact.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

from db.base import utcnow
from db.models import Tier
from resolvers.allowances import Allowance, LimitScope
from resolvers.billing import calls, counters
from resolvers.billing.calls import Meter, Wish
from resolvers.billing.ceilings import Ceilings, ceilings
from resolvers.billing.limits import sentence
from resolvers.context import Context
from resolvers.errors import Busy, RateLimited
from server.supply import EVERY, Supply

SELDOM = 5
"""Looks after which what nobody limits is written down."""
KEPT = 60.0
"""Seconds for which it is remembered how somebody stood who has not asked since."""
BATCH = 100
"""Meters that are read in one transaction."""
METRICS = {
    LimitScope.KEY_HOUR: "requests",
    LimitScope.PLAN_DAY: "api_calls",
    LimitScope.PLAN_MONTH: "api_calls",
}
PLAN = (LimitScope.PLAN_DAY, LimitScope.PLAN_MONTH)
Due = tuple[Meter, int | None]
"""What a call is counted by, and the most of it."""
logger = logging.getLogger(__name__)


class Calls:
    """The calls of keys and plans, as this process counts them."""

    def __init__(self, context: Context) -> None:
        self.ceilings = Ceilings()
        self._context = context
        self._plans: dict[tuple[UUID, Tier | None], tuple[Due, ...]] = {}
        """As they were asked for since the limits were looked at."""
        self._supplies: dict[Meter, Supply] = {}
        self._made = Counter[Meter]()
        """Calls that nobody limits, and that are yet to be written down."""
        self._asked: list[Meter] = []
        self._asking: asyncio.Task[None] | None = None

    def plan(self, user_id: UUID, tier: Tier | None) -> tuple[Due, ...]:
        """What somebody's calls are counted by; without a tier they have no limits."""
        if plan := self._plans.get((user_id, tier)):
            return plan
        of = self.ceilings.of
        plan = tuple(
            (Meter(user_id, one), None if tier is None else of(user_id, tier, one))
            for one in PLAN
        )
        self._plans[user_id, tier] = plan
        return plan

    def take(self, meter: Meter, limit: int | None) -> Awaitable[None] | None:
        """Make a call. Raises RateLimited where it is one too many.

        What is returned, if anything, is to be awaited first: it may raise that too,
        or Busy where the database does not answer.
        """
        if limit is None:
            self._made[meter] += 1
            return None
        supply = self._supplies.get(meter)
        if supply is None or not supply.left:
            return self._taken(meter, limit)
        supply.left -= 1
        return None

    async def look(self, meter: Meter, limit: int | None) -> None:
        """Have it known how far somebody is from a limit. Raises Busy."""
        if limit is None:
            return
        supply = self._supply(meter, limit)
        if not supply.fresh:
            await self._heard(meter, supply)

    def put_back(self, meter: Meter, limit: int | None) -> None:
        """Have a call not been made, which was taken just now."""
        if limit is None:
            self._made[meter] -= 1
        elif supply := self._supplies.get(meter):
            supply.left += 1

    def allowance(self, meter: Meter, limit: int | None) -> Allowance:
        """How far somebody is from a limit, as far as it is known here."""
        metric, supply = METRICS[meter.scope], self._supplies.get(meter)
        if supply is None:
            ends_at = counters.resets_at(meter.period, utcnow())
            return Allowance(meter.scope, metric, limit, 0, ends_at)
        used = supply.used - supply.left
        return Allowance(meter.scope, metric, limit, used, supply.resets_at)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Know the limits, and keep the counts, for as long as the process runs."""
        await self._look_up()
        looking = asyncio.create_task(self._look())
        try:
            yield
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
            await self._give_back(float("inf"))
            await self._write_down()

    async def _taken(self, meter: Meter, limit: int) -> None:
        """Make a call once there is one to be made."""
        supply = self._supply(meter, limit)
        while not supply.left:
            if supply.spent:
                raise late(self.allowance(meter, limit))
            supply.waiting += 1
            try:
                await self._heard(meter, supply)
            finally:
                supply.waiting -= 1
        supply.left -= 1

    def _supply(self, meter: Meter, limit: int) -> Supply:
        supply = self._supplies.setdefault(meter, Supply(limit))
        supply.limit = limit
        return supply

    async def _heard(self, meter: Meter, supply: Supply) -> None:
        """Return when the database has answered. Raises Busy where it does not."""
        if not await asyncio.shield(self._answer(meter, supply)):
            raise Busy("calls cannot be counted; try again in a moment")

    def _answer(self, meter: Meter, supply: Supply) -> asyncio.Future[bool]:
        """The answer to the next question, which all ask together who wait for it."""
        if supply.asking is None:
            supply.asking = asyncio.get_running_loop().create_future()
            self._asked.append(meter)
            if self._asking is None:
                self._asking = asyncio.create_task(self._ask())
        return supply.asking

    async def _ask(self) -> None:
        """Ask for whoever waits; those who come meanwhile are asked for together."""
        while some := self._asked[:BATCH]:
            del self._asked[:BATCH]
            now, supplies = utcnow(), [(one, self._supplies[one]) for one in some]
            wishes = [
                Wish(one, supply.limit, supply.waiting, supply.most)
                for one, supply in supplies
            ]
            try:
                grants = await calls.granted(self._context, wishes, now)
            except Exception:  # or somebody would wait for ever
                logger.exception("calls cannot be counted")
                grants = [None] * len(wishes)
            for (_, supply), grant in zip(supplies, grants, strict=True):
                if grant:
                    supply.hear(grant, now)
                if supply.asking:
                    supply.asking.set_result(grant is not None)
                    supply.asking = None
        self._asking = None

    async def _look(self) -> None:
        """Give back, look up and write down until cancelled."""
        looks = 0
        while True:
            await asyncio.sleep(EVERY)
            looks += 1
            await self._give_back(time.monotonic() - EVERY)
            try:
                await self._look_up()
            except Exception:
                logger.exception("the limits of plans cannot be read")
            if looks % SELDOM == 0:
                await self._write_down()

    async def _look_up(self) -> None:
        self.ceilings = await ceilings(self._context)
        self._plans.clear()

    async def _give_back(self, before: float) -> None:
        """Part with what is left of what was asked for before some moment."""
        given: dict[Meter, tuple[int, datetime]] = {}
        for meter, supply in [*self._supplies.items()]:
            if supply.seen < before and supply.asking is None and not supply.waiting:
                if supply.left:
                    given[meter] = supply.part()
                if supply.seen < before - KEPT:
                    del self._supplies[meter]
        try:
            if given:
                await calls.give_back(self._context, given)
        except Exception:
            logger.exception("calls were not given back: they count as made")

    async def _write_down(self) -> None:
        """Count in the database what nobody limits."""
        made = Counter({one: number for one, number in self._made.items() if number})
        self._made.clear()
        try:
            if made:
                await calls.add(self._context, made, utcnow())
        except Exception:
            logger.exception("calls were not counted; they will be")
            self._made += made


def late(of: Allowance) -> RateLimited:
    """Why a call is not made: how much there may be, and when there is more."""
    after = (of.resets_at - utcnow()).total_seconds() if of.resets_at else 0
    keyed = of.scope is LimitScope.KEY_HOUR
    said = f"this API key has made {of.limit} requests in an hour"
    return RateLimited(said if keyed else sentence(of), max(after, 0.001), of)
