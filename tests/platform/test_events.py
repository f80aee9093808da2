"""Events that are kept are told in order, and nobody misses one."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from db.models import Job
from resolvers import tails
from resolvers.access import ANONYMOUS, SYSTEM, Actor
from resolvers.context import Context
from resolvers.errors import BadRequest, Unauthenticated
from resolvers.news import Event
from resolvers.platform import events, feeds
from schema import schema
from server.bus import MemoryBus
from tests.conftest import As, Save, Someone
from tests.factories import a_dataset, a_job, a_rule, an_alert

TOPICS = ("job",)


async def happen(as_: As, jobs: list[Job], topic: str = "job") -> None:
    """Write what is kept of some rows, whosever they are, in one transaction."""
    async with as_(SYSTEM).transaction() as write:
        for job in jobs:
            write.remember(topic, job)
        await events.conclude(write, "x")


def following(context: Context, topics: tuple[str, ...], after: str | None) -> Any:
    """The events themselves, and not the rows that they are of."""

    async def seen(event: Event) -> Event:
        return event

    return feeds.follow(context, topics, after, seen)


async def take(follow: AsyncIterator[Event], count: int) -> list[Event]:
    async with asyncio.timeout(20):
        return [await anext(follow) for _ in range(count)]


@pytest.fixture
async def some(save: Save, analyst: Actor) -> list[Job]:
    jobs = [a_job(analyst) for _ in range(30)]
    await save(*jobs)
    return jobs


async def test_events_are_told_in_order_and_none_is_left_out(
    as_: As, some: list[Job]
) -> None:
    follow = following(as_(), TOPICS, "0")
    writing = [happen(as_, some[place : place + 3]) for place in range(0, 30, 3)]
    told, _ = await asyncio.gather(take(follow, 30), asyncio.gather(*writing))
    assert [event.seq for event in told] == list(range(1, 31))
    assert {event.row_id for event in told} == {job.id for job in some}
    await follow.aclose()


async def test_events_of_one_write_are_in_the_order_in_which_they_happened(
    as_: As, some: list[Job]
) -> None:
    await happen(as_, some)
    told = await take(following(as_(), TOPICS, "0"), 30)
    assert [event.row_id for event in told] == [job.id for job in some]


async def test_whoever_says_nothing_hears_from_now_on(
    as_: As, some: list[Job], bus: MemoryBus, analyst: Actor
) -> None:
    await happen(as_, some[:5])
    follow = following(as_(), TOPICS, None)
    hearing = asyncio.create_task(take(follow, 1))
    await listening(bus, analyst)
    await happen(as_, some[5:6])
    [event] = await hearing
    assert (event.row_id, event.seq) == (some[5].id, 6)
    await follow.aclose()


async def listening(bus: MemoryBus, owner: Actor) -> None:
    async with asyncio.timeout(5):
        while (tails.WAKE, None) not in bus.listeners:  # noqa: ASYNC110  a bus has no event for it
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)  # until it has read how things stand


async def test_whoever_was_away_hears_what_they_missed(
    as_: As, some: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tails, "AT_ONCE", 4)
    await happen(as_, some[:10])
    follow = following(as_(), TOPICS, None)
    await follow.aclose()
    seen = await take(following(as_(), TOPICS, "0"), 3)
    await happen(as_, some[10:])
    after = feeds.cursor(seen[-1].seq)
    missed = await take(following(as_(), TOPICS, after), 27)
    assert [event.row_id for event in missed] == [job.id for job in some[3:]]


async def test_a_bus_that_loses_everything_only_makes_it_late(
    as_: As, some: list[Job], bus: MemoryBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(*_: Any) -> None:
        pass

    monkeypatch.setattr(bus, "publish", lost)
    monkeypatch.setattr(tails, "PATIENCE", 0.05)
    follow = following(as_(), TOPICS, "0")
    hearing = asyncio.create_task(take(follow, 30))
    for place in range(0, 30, 10):
        await happen(as_, some[place : place + 10])
        await asyncio.sleep(0.1)
    assert [event.row_id for event in await hearing] == [job.id for job in some]
    await follow.aclose()


async def test_other_topics_leave_no_gap_that_stops_anybody(
    as_: As, some: list[Job]
) -> None:
    await happen(as_, some[:3], "alert")
    await happen(as_, some[3:5])
    told = await take(following(as_(), TOPICS, "0"), 2)
    assert [event.seq for event in told] == [4, 5]


async def test_each_owner_has_numbers_of_their_own(
    as_: As, save: Save, some: list[Job], someone: Someone
) -> None:
    other = await someone()
    theirs = [a_job(other) for _ in range(2)]
    await save(*theirs)
    await happen(as_, [some[0], *theirs, some[1]])
    for actor, jobs in ((None, some[:2]), (other, theirs)):
        context = as_() if actor is None else as_(actor)
        told = await take(following(context, TOPICS, "0"), 2)
        assert [(one.seq, one.row_id) for one in told] == [
            (1, jobs[0].id),
            (2, jobs[1].id),
        ]


async def test_what_was_rolled_back_was_never_told(as_: As, some: list[Job]) -> None:
    async def fail() -> None:
        async with as_().transaction() as write:
            write.remember("job", some[0])
            await events.conclude(write, "x")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    await happen(as_, some[1:2])
    [event] = await take(following(as_(), TOPICS, "0"), 1)
    assert (event.seq, event.row_id) == (1, some[1].id)


@pytest.mark.parametrize("after", ["", "-1", "1.5", "x", "²", "9" * 19, "0a" * 16])
async def test_a_forged_cursor_is_the_clients_mistake(as_: As, after: str) -> None:
    with pytest.raises(BadRequest):
        await take(following(as_(), TOPICS, after), 1)


async def test_nobody_listens_without_signing_in(as_: As) -> None:
    with pytest.raises(Unauthenticated):
        await take(following(as_(ANONYMOUS), TOPICS, None), 1)


async def test_a_client_that_comes_back_gets_the_alerts_it_missed(
    as_: As, save: Save, analyst: Actor
) -> None:
    rule = await save(a_rule(await save(a_dataset(analyst))))
    alerts: list[Any] = [await save(an_alert(rule)) for _ in range(3)]
    await happen(as_, alerts, "alert")
    query = """subscription ($after: String) {
      alertChanged(after: $after) { cursor alert { fingerprint } }
    }"""
    seen: list[str] = []
    after = "0"
    for _ in alerts:  # each time the connection breaks after one
        stream: Any = await schema.subscribe(query, {"after": after}, as_())
        async with asyncio.timeout(10):
            told = (await anext(stream)).data["alertChanged"]
        await stream.aclose()
        seen.append(told["alert"]["fingerprint"])
        after = told["cursor"]
    assert seen == [alert.fingerprint for alert in alerts]
