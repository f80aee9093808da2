"""One tail reads what is new for all who follow, and each of them hears all of it."""

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import UUID

import pytest

from db.models import Job
from resolvers import tails
from resolvers.access import Actor
from resolvers.news import Event
from resolvers.tails import Log, Tail
from server.bus import Arrivals, MemoryBus
from tests.conftest import As, Save, Someone
from tests.factories import a_job
from tests.platform.test_events import happen
from tests.waiting import until

ROUNDS = 12


class Unreliable(MemoryBus):
    """A bus that loses some words, and says others twice or late."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._chance = random.Random(seed)  # noqa: S311  a test repeats itself
        self._late: list[tuple[str, UUID, UUID]] = []

    async def publish(self, topic: str, owner_id: UUID, row_id: UUID) -> None:
        word = topic, owner_id, row_id
        told = self._chance.choice([[], [word], [word, word], [*self._late, word]])
        self._late = [] if told else [word]
        for one in told:
            await super().publish(*one)


async def heard(tail: Tail, owner: UUID, place: int, count: int) -> list[Event]:
    """The next so many events after a place."""
    found: list[Event] = []
    async with tail.following(owner) as log:
        while len(found) < count:
            for event in await tail.after(log, place):
                found.append(event)
                place = event.seq
    return found


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_becomes_of_the_words_all_hear_everything_in_order(
    as_: As, save: Save, analyst: Actor, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tails, "PATIENCE", 0.05)
    monkeypatch.setattr(tails, "AT_ONCE", 5)
    chance = random.Random(seed)  # noqa: S311  a test repeats itself
    owner = analyst.user_id
    assert owner
    context = as_()
    tail = Tail(context.database, Unreliable(seed))
    monkeypatch.setattr(context.equipment.bus, "publish", tail._bus.publish)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    jobs: list[Job] = [a_job(analyst) for _ in range(ROUNDS * 4)]
    await save(*jobs)
    listening: list[tuple[int, asyncio.Task[list[Event]]]] = []
    told = 0
    for _ in range(ROUNDS):
        for _ in range(chance.randrange(3)):
            place = chance.randint(0, told)
            left = len(jobs) - place
            task = asyncio.create_task(heard(tail, owner, place, left))
            listening.append((place, task))
        size = chance.randint(1, 4)
        await happen(as_, jobs[told : told + size])
        told += size
        await asyncio.sleep(chance.choice([0, 0.01]))
    await happen(as_, jobs[told:])
    async with asyncio.timeout(20):
        for place, task in listening:
            found = await task
            assert [one.seq for one in found] == [*range(place + 1, len(jobs) + 1)]
            assert [one.row_id for one in found] == [job.id for job in jobs[place:]]
    assert not tail.logs


@asynccontextmanager
async def followed(
    tail: Tail, owner: UUID, count: int, listeners: int
) -> AsyncGenerator[list[asyncio.Task[list[Event]]]]:
    """Listeners who wait for so many events from now on."""
    tasks = [
        asyncio.create_task(heard(tail, owner, 0, count)) for _ in range(listeners)
    ]
    await until(lambda: sum(one.followers for one in tail.logs.values()) == listeners)
    await asyncio.sleep(0.1)
    yield tasks
    async with asyncio.timeout(10):
        await asyncio.gather(*tasks)


async def test_an_event_is_read_in_one_statement_however_many_follow(
    as_: As,
    save: Save,
    analyst: Actor,
    statements: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tails, "PATIENCE", 60)
    tail, job = as_().equipment.tail, await save(a_job(analyst))
    assert analyst.user_id
    async with followed(tail, analyst.user_id, 1, 200) as tasks:
        statements.clear()
        await happen(as_, [job])
    read = [one for one in statements if "FROM events" in one]
    assert len(read) == 1
    assert len({id(event) for task in tasks for event in task.result()}) == 1


async def test_events_of_many_owners_are_read_in_one_statement(
    as_: As,
    save: Save,
    someone: Someone,
    statements: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tails, "PATIENCE", 60)
    tail = as_().equipment.tail
    owners = [await someone() for _ in range(5)]
    jobs: list[Job] = [await save(a_job(owner)) for owner in owners]
    async with AsyncExitStack() as stack:
        for owner in owners:
            assert owner.user_id
            await stack.enter_async_context(tail.following(owner.user_id))
        await asyncio.sleep(0.1)
        statements.clear()
        await happen(as_, jobs)
        await until(lambda: all(one.last == 1 for one in tail.logs.values()))
    assert len([one for one in statements if "FROM events" in one]) == 1


async def test_nothing_is_read_for_owners_whom_nobody_follows(
    as_: As, save: Save, analyst: Actor, someone: Someone, statements: list[str]
) -> None:
    other = await someone()
    job = await save(a_job(other))
    assert analyst.user_id
    async with as_().equipment.tail.following(analyst.user_id) as log:
        statements.clear()
        await happen(as_, [job])
        await asyncio.sleep(0.1)
        assert log.last == 0
    assert not [one for one in statements if "FROM events" in one]


async def test_a_tail_that_cannot_read_goes_on_when_it_can(
    as_: As, save: Save, analyst: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tails, "PATIENCE", 0.05)
    job, page, failed = await save(a_job(analyst)), tails.page, asyncio.Event()
    assert analyst.user_id

    async def failing(*given: Any) -> Any:
        if failed.is_set():
            return await page(*given)
        failed.set()
        raise OSError

    monkeypatch.setattr(tails, "page", failing)
    tail = as_().equipment.tail
    async with followed(tail, analyst.user_id, 1, 1) as [task]:
        await happen(as_, [job])
    assert failed.is_set()
    assert [one.row_id for one in task.result()] == [job.id]


async def test_whoever_leaves_leaves_nothing_behind(
    as_: As, bus: MemoryBus, analyst: Actor
) -> None:
    tail = as_().equipment.tail
    assert analyst.user_id
    for _ in range(50):
        async with tail.following(analyst.user_id):
            assert list(tail.logs) == [analyst.user_id]
        assert not tail.logs
    await until(lambda: not bus.listeners)


def a_log(last: int, events: int) -> Log:
    owner = UUID(int=1)
    log = Log(owner)
    log.start(last)
    for seq in range(last + 1, last + events + 1):
        log.add(Event("job", owner, owner, seq))
    return log


def test_a_log_keeps_the_newest_and_knows_where_they_begin() -> None:
    log = a_log(10, tails.AT_ONCE + 7)
    assert (log.floor, log.last) == (17, 17 + tails.AT_ONCE)
    numbers = [event.seq for event in log.since(17)]
    assert numbers == [*range(18, 18 + tails.AT_ONCE)]
    assert log.since(log.last) == []


def test_a_log_adds_nothing_twice_and_reaches_back_without_a_gap() -> None:
    log = a_log(10, 3)
    owner = log.owner
    log.add(Event("job", owner, owner, 12))
    log.reach(7, [Event("job", owner, owner, seq) for seq in range(8, 13)])
    assert [event.seq for event in log.since(7)] == [*range(8, 14)]


async def test_words_that_have_come_are_read_together() -> None:
    arrivals, owner = Arrivals(), UUID(int=1)
    for _ in range(3):
        arrivals.tell(Event("x", owner, owner))
    assert len([await anext(arrivals), *arrivals.rest()]) == 3
    assert arrivals.rest() == []
