"""What waits for a client has an end, and no client waits for another."""

import asyncio

import pytest

from resolvers import sources
from resolvers.sources import Beginning, Source
from server import seats
from server.answers import Answer
from server.groups import Group
from server.outbox import Senders
from server.seats import Told
from tests.server.subscribers import Client
from tests.waiting import until


def counting(*, kept: bool, ready: asyncio.Queue[int]) -> Source[int]:
    """Places as they are put into a queue."""

    async def begin() -> Beginning:
        return Beginning(0, 0)

    async def after(place: int) -> sources.Told[int]:
        while True:
            place = await ready.get()
            yield place, place

    return Source(begin, after, kept)


async def test_of_states_the_last_is_told_to_one_that_reads_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(seats, "WAITING", 3)
    ready = asyncio.Queue[int]()
    client, group = Client(Senders()), a_group(counting(kept=False, ready=ready))
    group.join(seat := client.seat())
    client.reading.clear()
    for place in range(1, 11):
        ready.put_nowait(place)
    await until(ready.empty)
    await asyncio.sleep(0.05)
    client.reading.set()
    await until(lambda: client.heard[-1:] == [10])
    assert client.heard == [8, 9, 10]
    assert client.closed is None
    assert client.outbox.held == 0
    group.leave(seat)


def a_group(source: Source[int]) -> Group:
    async def answer(thing: int) -> str:
        return str(thing)

    return Group(source, answer, lambda _: Answer([]), 0, lambda: None)


async def test_what_waits_for_a_client_has_an_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(seats, "HELD", 10)
    client = Client(Senders())
    client.reading.clear()
    seat = client.seat()
    for place in range(1, 21):
        seat.tell(Told(place, "1234"), kept=True)
    assert client.outbox.held <= 10
    assert client.closed
    assert client.closed.reason == "0"
    seat.leave()
    assert client.outbox.held == 0


async def test_messages_keep_their_order_and_clients_do_not_wait_for_each_other() -> (
    None
):
    senders = Senders()
    clients = [Client(senders) for _ in range(5)]
    for slow in clients[:3]:
        slow.reading.clear()
    sending = [
        asyncio.create_task(client.outbox.send(f'{{"payload": {number}}}'))
        for number in range(100)
        for client in clients
    ]
    await until(lambda: all(len(one.heard) == 100 for one in clients[3:]))
    assert not any(one.heard for one in clients[:3])
    for slow in clients[:3]:
        slow.reading.set()
    async with asyncio.timeout(5):
        await asyncio.gather(*sending)
    assert [one.heard for one in clients] == [[*range(100)]] * 5
