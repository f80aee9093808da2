"""Websockets that are too many, say too much, or nothing at all."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from websockets.exceptions import InvalidStatus

from server import websocket
from server.buckets import Rate
from server.endpoint import Endpoint
from server.limits import Limits
from tests.server.clients import talking
from tests.server.conftest import GOOD

FEW = 3


@pytest.fixture(autouse=True)
def few(endpoint: Endpoint) -> None:
    """An endpoint for few websockets that say little."""
    endpoint.limits = Limits(address_sockets=FEW, user_sockets=2, messages=Rate(9, 0.1))
    endpoint.__post_init__()


async def test_an_address_has_so_many_sockets_and_no_more(address: str) -> None:
    async with AsyncExitStack() as stack:
        talks = [await stack.enter_async_context(talking(address)) for _ in range(FEW)]
        with pytest.raises(InvalidStatus) as refused:
            await stack.enter_async_context(talking(address))
        assert refused.value.response.status_code == 429
        await talks[0].socket.close()
        await asyncio.sleep(0.1)
        await (await stack.enter_async_context(talking(address))).init()


async def test_a_user_has_so_many_sockets_and_strangers_are_not_counted_among_them(
    address: str,
) -> None:
    async with talking(address) as first:
        await first.init(authorization=GOOD)
        async with talking(address) as second:
            await second.init(authorization=GOOD)
            async with talking(address) as third:
                await third.send("connection_init", payload={"authorization": GOOD})
                assert (await third.closed())[0] == 4429
            async with talking(address) as stranger:
                await stranger.init()
        await asyncio.sleep(0.1)
        async with talking(address) as again:
            await again.init(authorization=GOOD)


async def test_a_socket_that_says_too_much_is_closed(address: str) -> None:
    async with talking(address) as talk:
        await talk.init()
        for _ in range(9):
            await talk.send("ping")
        assert await talk.closed() == (4429, "Too many messages")


async def test_a_strangers_socket_ends_when_nothing_runs_on_it_for_long(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "STRANGERS", 0.3)
    async with talking(address) as busy, talking(address) as idle:
        await (await busy.init()).subscribe(
            "subscription { diagnosticsTicks(interval: 3600) }"
        )
        await busy.hear()
        await idle.init()
        assert (await idle.closed())[0] == 4408
        await busy.send("ping")
        assert await busy.hear() == {"type": "pong"}


async def test_a_users_socket_may_be_idle(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "STRANGERS", 0.05)
    async with talking(address) as talk:
        await talk.init(authorization=GOOD)
        await asyncio.sleep(0.3)
        await talk.send("ping")
        assert await talk.hear() == {"type": "pong"}
