"""The newest events of whoever is followed, read once for all who follow."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import islice
from uuid import UUID

from db.session import Database
from resolvers.kept import OWNERS, heads, page
from resolvers.news import Bus, Event, Words

WAKE = "events"
"""The topic on which an owner is told that there is something to read."""
PATIENCE = 2.0
"""Seconds to wait for word before looking all the same."""
AT_ONCE = 256
"""Events read in one statement, and those of an owner that are at hand."""
logger = logging.getLogger(__name__)


class Log:
    """The newest events of an owner: all those after its floor.

    An owner's events are numbered without gaps, in the order of their commits.
    """

    def __init__(self, owner: UUID) -> None:
        self.owner = owner
        self.floor = self.last = -1
        self.followers = 0
        self.early = False
        """Whether there was word before it was known where things stood."""
        self.reading = asyncio.Lock()
        self._events: deque[Event] = deque()
        self._news = asyncio.Event()

    def start(self, last: int) -> None:
        self.floor = self.last = last

    def add(self, event: Event) -> None:
        """Add the next event; one that is known already changes nothing."""
        if event.seq <= self.last:
            return
        self._events.append(event)
        self.last = event.seq
        while len(self._events) > AT_ONCE:
            self.floor = self._events.popleft().seq
        self._news.set()
        self._news = asyncio.Event()

    def reach(self, floor: int, older: Sequence[Event]) -> None:
        """Have the events from a lower floor at hand, too."""
        missing = [one for one in older if one.seq <= self.floor]
        self._events.extendleft(reversed(missing))
        self.floor = floor

    def since(self, place: int) -> list[Event]:
        known = len(self._events)
        return [*islice(self._events, max(0, known - (self.last - place)), None)]

    async def passed(self, place: int) -> bool:
        """Wait until there is something after a place; whether that took waiting."""
        there = self.last > place
        while self.last <= place:
            await self._news.wait()
        return not there


class Tail:
    """Reads `events` for all who follow an owner: at word of one, or now and then.

    Word only makes it sooner. What is given is read from the table, in order and
    without gaps, however much of the word was lost, repeated or late.
    """

    def __init__(self, database: Database, bus: Bus) -> None:
        self._database = database
        self._bus = bus
        self.logs: dict[UUID, Log] = {}
        self._task: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def following(self, owner: UUID) -> AsyncGenerator[Log]:
        """The log of an owner, which grows for as long as somebody follows it."""
        log = self.logs.setdefault(owner, Log(owner))
        log.followers += 1
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        try:
            async with log.reading:
                if log.last < 0:
                    log.start((await heads(self._database, [owner])).get(owner, 0))
            if log.early:
                await self.look([owner])
            yield log
        finally:
            log.followers -= 1
            if not log.followers:
                del self.logs[owner]
            if not self.logs and self._task:
                self._task.cancel()
                self._task = None

    async def after(self, log: Log, place: int) -> list[Event]:
        """What came after a place, once there is something.

        Those who waited for it are given the same events, and share what they read
        because of them. Whoever comes later reads how things are by then.
        """
        while True:
            waited = await log.passed(place)
            last = log.last
            if await self._reached(log, place):
                found = log.since(place)
            else:
                found = await self._page({log.owner: place})
            if found:
                return found if waited else [one.anew() for one in found]
            place = last  # what was there is so old that it was deleted

    async def look(self, owners: Collection[UUID] | None = None) -> None:
        """Read what is new, of some owners or wherever anything is."""
        if owners is None:
            newest = await heads(self._database, [*self.logs])
            owners = {one for one, seq in newest.items() if self._behind(one, seq)}
        waiting = [log for one in owners if (log := self._started(one))]
        while some := waiting[:OWNERS]:
            found = await self._page({log.owner: log.last for log in some})
            logs = {log.owner: log for log in some}
            for event in found:
                logs[event.owner_id].add(event)
            if len(found) < AT_ONCE:
                del waiting[:OWNERS]

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        async with self._bus.listen(WAKE, None) as words:
            due = loop.time() + PATIENCE
            while True:
                woken = await self._word(words, due)
                try:
                    if woken is None:
                        due = loop.time() + PATIENCE
                    await self.look(woken)
                except Exception:  # whoever follows goes on when it can be read again
                    logger.exception("events cannot be read")

    async def _word(self, words: Words, due: float) -> set[UUID] | None:
        """Owners there is word of, or nothing when it is time to look at all."""
        with suppress(TimeoutError):
            async with asyncio.timeout_at(due):
                return {one.owner_id for one in (await anext(words), *words.rest())}
        return None

    def _behind(self, owner: UUID, seq: int) -> bool:
        return owner in self.logs and self.logs[owner].last < seq

    def _started(self, owner: UUID) -> Log | None:
        """The log of an owner, once it is known where it starts."""
        log = self.logs.get(owner)
        if log and log.last < 0:
            log.early = True
            return None
        return log

    async def _reached(self, log: Log, place: int) -> bool:
        """Whether all after a place is at hand; what is not far back is fetched.

        Of many who want the same, one reads.
        """
        if log.floor <= place:
            return True
        if log.last - place <= AT_ONCE:
            async with log.reading:
                if place < log.floor:
                    older = await self._page({log.owner: place})
                    if not older or len(older) < AT_ONCE or older[-1].seq >= log.floor:
                        log.reach(place, older)
        return log.floor <= place

    async def _page(self, lasts: dict[UUID, int]) -> list[Event]:
        return await page(self._database, lasts, AT_ONCE)
