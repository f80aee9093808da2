"""Whoever asks the same is told together: each answer is made once, and told to all."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from resolvers import tails
from resolvers.access import Actor, BaseRole
from resolvers.context import Context
from resolvers.monitoring import incidents
from resolvers.platform import events
from schema.streams import Stream
from server import groups, seats
from server.body import Asked
from server.buckets import Rate
from server.endpoint import Endpoint
from server.following import Followers
from server.limits import Limits
from server.outbox import Senders
from server.principals import Principal
from server.wires import Wire
from tests.conftest import As, Save, Someone
from tests.factories import a_dataset, a_job, a_rule, an_alert
from tests.server.clients import serving, talking
from tests.server.conftest import GOOD
from tests.server.subscribers import Client
from tests.waiting import until

CHANGED = """subscription ($after: String) { alertChanged(after: $after) {
  cursor alert { note rule { name } } } }"""
LISTENERS = 200


Join = Callable[..., Awaitable[Client]]


@pytest.fixture
def followers(endpoint: Endpoint) -> Followers:
    endpoint.limits = Limits(rate=Rate(10**9, 10**9))
    endpoint.__post_init__()
    return Followers(endpoint.operations)


@pytest.fixture
def join(followers: Followers, endpoint: Endpoint, as_: As) -> Join:
    """Have somebody subscribe, as if over a websocket."""
    senders = Senders()

    async def join(
        context: Context | None = None, query: str = CHANGED, **variables: Any
    ) -> Client:
        client, context = Client(senders), context or as_()
        door = endpoint.operations.admission
        payer = door.payer(Principal(context.actor), None)
        one = await door.admitted(Asked(query, variables, None, {}), context, payer)
        client.end = asyncio.create_task(followers.follow(one, context, client.seat()))
        await asyncio.sleep(0)
        return client

    return join


@pytest.fixture
async def alert(save: Save, analyst: Actor) -> Any:
    return await an_alert_of(save, analyst)


async def an_alert_of(save: Save, owner: Actor) -> Any:
    rule = await save(a_rule(await save(a_dataset(owner))))
    return await save(an_alert(rule, note="odd"))


async def happen(as_: As, alert: Any, times: int = 1) -> None:
    for _ in range(times):
        owner = Actor(alert.owner_id, BaseRole.USER)
        async with as_(owner).transaction() as write:
            write.remember(incidents.CHANGED, alert)
            await events.conclude(write, "x")


def seated(followers: Followers) -> int:
    return sum(len(group.seats) for group in followers.groups.values())


async def test_an_event_is_read_and_answered_once_however_many_watch(
    as_: As,
    alert: Any,
    join: Join,
    followers: Followers,
    statements: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tails, "PATIENCE", 60)
    made = counted(monkeypatch)
    clients = [await join() for _ in range(LISTENERS)]
    await until(lambda: seated(followers) == LISTENERS)
    await asyncio.sleep(0.1)
    statements.clear()
    await happen(as_, alert)
    await until(lambda: all(client.heard for client in clients))
    expected = {"note": "odd", "rule": {"name": "Spikes"}}
    told = [client.heard[0]["data"]["alertChanged"]["alert"] for client in clients]
    assert told == [expected] * LISTENERS
    read = [one for one in statements if one.startswith("SELECT")]
    read = [one for one in read if "audit_heads" not in one]
    assert len(read) == len(["the event", "the alert", "its rule"])
    assert len(made) == 1
    for client in clients:
        await client.gone()


def counted(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is answered from here on."""
    made: list[Any] = []
    answer = Stream.answer

    async def counting(self: Stream, thing: Any) -> Any:
        made.append(thing)
        return await answer(self, thing)

    monkeypatch.setattr(Stream, "answer", counting)
    return made


async def test_two_users_share_nothing(
    as_: As, save: Save, alert: Any, join: Join, followers: Followers, someone: Someone
) -> None:
    other = await someone()
    theirs = await an_alert_of(save, other)
    mine, stranger = await join(), await join(as_(other))
    await until(lambda: seated(followers) == 2)
    assert len(followers.groups) == 2
    await happen(as_, alert, 2)
    await until(lambda: len(mine.heard) == 2)
    assert stranger.heard == []
    await happen(as_, theirs)
    await until(lambda: stranger.heard)
    assert (mine.cursors, stranger.cursors) == ([1, 2], [1])
    for client in (mine, stranger):
        await client.gone()


async def test_whoever_comes_back_is_told_what_they_missed_and_shares_the_rest(
    as_: As,
    alert: Any,
    join: Join,
    followers: Followers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await happen(as_, alert, 6)
    made = counted(monkeypatch)
    back = [await join(after=str(place)) for place in (4, 2, 5, 2, 6)]
    new = await join()
    await until(lambda: seated(followers) == len(back) + 1)
    assert len(followers.groups) == 1
    await until(lambda: back[1].cursors == [3, 4, 5, 6])
    made.clear()
    await happen(as_, alert, 2)
    await until(lambda: all(one.heard[-1:] and one.cursors[-1] == 8 for one in back))
    await until(lambda: new.cursors == [7, 8])
    expected = [[*range(place + 1, 9)] for place in (4, 2, 5, 2, 6)]
    assert [one.cursors for one in back] == expected
    assert len(made) == 2
    for client in (*back, new):
        await client.gone()


async def test_whoever_is_far_behind_catches_up_alone(
    as_: As,
    alert: Any,
    join: Join,
    followers: Followers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module, name, value in (
        (groups, "NEAR", 3),
        ("server.following", "NEAR", 3),
        (tails, "AT_ONCE", 4),
    ):
        there = module if not isinstance(module, str) else __import__(module).following
        monkeypatch.setattr(there, name, value)
    await happen(as_, alert, 12)
    live = await join()
    await until(lambda: seated(followers) == 1)
    late = await join(after="0")
    await happen(as_, alert, 3)
    await until(lambda: seated(followers) == 2)
    await happen(as_, alert, 2)
    await until(lambda: len(late.heard) == 17)
    await until(lambda: len(live.heard) == 5)
    assert late.cursors == [*range(1, 18)]
    assert live.cursors == [*range(13, 18)]
    for client in (live, late):
        await client.gone()


async def test_what_fails_is_told_to_each_without_detail(
    as_: As,
    alert: Any,
    join: Join,
    followers: Followers,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fail(*_: Any) -> Any:
        raise RuntimeError("the password is hunter2")

    clients = [await join() for _ in range(3)]
    await until(lambda: seated(followers) == 3)
    monkeypatch.setattr(Context, "arrived", fail)
    await happen(as_, alert)
    ends = [client.end for client in clients if client.end]
    async with asyncio.timeout(10):
        told = await asyncio.gather(*ends)
    for one in told:
        assert one
        [error] = one.errors
        assert error["extensions"]["code"] == "INTERNAL"
        assert "hunter2" not in str(error)
        assert error["extensions"]["reference"] in caplog.text
    assert not followers.groups


async def test_a_thousand_who_come_and_go_leave_nothing_behind(
    as_: As, join: Join, followers: Followers
) -> None:
    for _ in range(20):
        clients = [await join() for _ in range(50)]
        await until(lambda: seated(followers) == 50)
        for client in clients:
            await client.gone()
        assert not followers.groups
    assert not as_().equipment.tail.logs


async def test_one_that_never_reads_is_closed_with_its_place_and_delays_nobody(
    as_: As,
    alert: Any,
    join: Join,
    followers: Followers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(seats, "WAITING", 4)
    deaf, *others = [await join() for _ in range(4)]
    await until(lambda: seated(followers) == 4)
    await happen(as_, alert, 2)
    await until(lambda: len(deaf.heard) == 2)
    deaf.reading.clear()
    for number in range(3, 11):
        await happen(as_, alert)
        await until(lambda: [one.cursors[-1] for one in others] == [number] * 3)  # noqa: B023
    assert deaf.closed
    assert (deaf.closed.code, deaf.closed.reason) == (4413, "2")
    assert deaf.cursors == [1, 2]
    assert not any(one.closed for one in others)
    for client in (deaf, *others):
        await client.gone()


async def test_a_job_is_told_as_it_stands_to_whoever_joins(
    as_: As, save: Save, analyst: Actor, join: Join, followers: Followers
) -> None:
    job = await save(a_job(analyst))
    query = "subscription ($id: ID!) { jobProgress(id: $id) { status } }"
    id_ = f"job_{job.id.hex}"
    first = await join(query=query, id=id_)
    await until(lambda: first.heard)
    second = await join(query=query, id=id_)
    await until(lambda: second.heard)
    assert first.heard == second.heard
    assert len(followers.groups) == 1
    for client in (first, second):
        await client.gone()


@pytest.mark.parametrize("compression", [None, "deflate"])
async def test_subscribers_hear_the_same_over_real_sockets(
    endpoint: Endpoint, as_: As, alert: Any, compression: str | None
) -> None:
    async with AsyncExitStack() as stack:
        address = await stack.enter_async_context(serving(endpoint, ws=Wire))
        talks = [
            await stack.enter_async_context(talking(address, compression=compression))
            for _ in range(3)
        ]
        for number, talk in enumerate(talks):
            await talk.init(authorization=GOOD)
            await talk.subscribe(CHANGED, f"ä{number // 2}", variables={"after": "0"})
        await happen(as_, alert, 30)
        for number, talk in enumerate(talks):
            heard = [await talk.hear() for _ in range(30)]
            told = [one["payload"]["data"]["alertChanged"] for one in heard]
            assert [int(one["cursor"]) for one in told] == [*range(1, 31)]
            assert {one["id"] for one in heard} == {f"ä{number // 2}"}
            await talk.send("complete", id=f"ä{number // 2}")
            await talk.send("ping")
            assert await talk.hear() == {"type": "pong"}
