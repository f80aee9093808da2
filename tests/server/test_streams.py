"""Operations that run on a websocket, and how they end."""

import asyncio
import gc
import logging
import time
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import httpx
import pytest
from uuid_utils.compat import uuid7

from db.base import utcnow
from resolvers.access import Actor
from server.buckets import Rate
from server.bus import MemoryBus
from server.endpoint import Endpoint
from server.limits import Limits
from server.principals import Principal
from tests.server.clients import SECONDS, codes, serving, talking
from tests.server.conftest import GOOD, Post, Seen

FLOOD = "subscription { diagnosticsFlood }"
TICKS = "subscription { diagnosticsTicks(interval: 0.05) }"
IDLE = "subscription { diagnosticsTicks(interval: 3600) }"


async def until_none_run(post: Post) -> None:
    """Wait until no generator runs; the test fails after the promised 3 seconds."""
    async with asyncio.timeout(3):
        while await running(post) > 0:  # noqa: ASYNC110  it is another's generator
            await asyncio.sleep(0.05)


async def running(post: Post) -> int:
    answer = await post("{ diagnosticsGenerators }")
    return answer.json()["data"]["diagnosticsGenerators"]


async def test_nothing_comes_after_the_client_has_had_enough(
    address: str, post: Post
) -> None:
    async with talking(address) as talk:
        await (await talk.init()).subscribe(FLOOD)
        for _ in range(20):
            assert (await talk.hear())["type"] == "next"
        await talk.send("complete", id="1")
        await talk.send("ping")
        while (await talk.hear())["type"] != "pong":
            pass
        await talk.send("ping")
        assert await talk.hear() == {"type": "pong"}
        await until_none_run(post)
        await talk.subscribe("{ __typename }")
        assert (await talk.hear())["type"] == "next"


@pytest.mark.parametrize("query", [IDLE, TICKS, FLOOD])
@pytest.mark.parametrize("how", ["completes", "closes", "vanishes"])
async def test_when_a_client_goes_its_generators_end(
    address: str, post: Post, query: str, how: str
) -> None:
    async with talking(address) as talk:
        await (await talk.init()).subscribe(query)
        await talk.hear()
        assert await running(post) == 1
        if how == "completes":
            await talk.send("complete", id="1")
            await until_none_run(post)
        elif how == "vanishes":
            talk.socket.transport.abort()
    await until_none_run(post)


async def test_when_a_client_goes_nobody_listens_for_it(
    address: str, bus: MemoryBus
) -> None:
    async with talking(address) as talk:
        await talk.init(authorization=GOOD)
        await talk.subscribe("subscription { alertChanged { __typename } }")
        async with asyncio.timeout(SECONDS):
            while not bus.listeners:  # noqa: ASYNC110  a bus has no event for it
                await asyncio.sleep(0.05)
    async with asyncio.timeout(3):
        while bus.listeners:  # noqa: ASYNC110  a bus has no event for it
            await asyncio.sleep(0.05)


async def test_a_mutation_outlives_its_socket(address: str, seen: Seen) -> None:
    async with talking(address) as talk:
        await (await talk.init()).subscribe("mutation { sleep(seconds: 0.5) }")
        async with asyncio.timeout(SECONDS):
            await seen.begun.wait()
    async with asyncio.timeout(SECONDS):
        await seen.ended.wait()
    assert not seen.cancelled.is_set()


async def test_a_socket_runs_a_hundred_operations_at_a_time(
    address: str, post: Post
) -> None:
    async with talking(address) as talk:
        await talk.init()
        for number in range(101):
            await talk.subscribe(IDLE, str(number))
        heard = [await talk.hear() for _ in range(101)]
        [late] = [one for one in heard if one["type"] == "error"]
        assert (late["id"], codes(late)) == ("100", {"LIMIT_EXCEEDED"})
        assert await running(post) == 100
        await talk.send("complete", id="0")
        await talk.subscribe(IDLE, "100")
        assert (await talk.hear())["type"] == "next"
    await until_none_run(post)


async def test_whoever_reads_nothing_is_sent_no_more_than_fits_and_delays_nobody(
    address: str, post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    async with talking(address, max_queue=1) as talk:
        await (await talk.init()).subscribe(FLOOD)
        for number in range(20):
            await talk.subscribe(FLOOD, f"flood {number}")
        talk.socket.transport.pause_reading()
        await asyncio.sleep(0.5)
        began = time.perf_counter()
        await post("{ __typename }")
        assert time.perf_counter() - began < 1
        talk.socket.transport.abort()
    await until_none_run(post)
    gc.collect()  # a task that failed unseen says so when it goes
    assert not [one for one in caplog.records if one.levelno >= logging.ERROR]


async def test_a_socket_ends_with_its_token(
    address: str, principals: Any, analyst: Actor
) -> None:
    soon = utcnow() + timedelta(seconds=0.3)
    principals["Bearer brief"] = Principal(analyst, soon)
    async with talking(address) as talk:
        await (await talk.init(authorization="Bearer brief")).subscribe(TICKS)
        assert await talk.closed() == (4403, "Forbidden")


async def test_a_fresh_token_in_a_ping_keeps_the_socket(
    address: str, principals: Any, analyst: Actor
) -> None:
    soon = utcnow() + timedelta(seconds=0.3)
    principals["Bearer brief"] = Principal(analyst, soon)
    async with talking(address) as talk:
        await talk.init(authorization="Bearer brief")
        await talk.send("ping", payload={"authorization": GOOD})
        assert await talk.hear() == {"type": "pong"}
        await asyncio.sleep(0.5)
        await talk.subscribe("{ __typename }")
        assert (await talk.hear())["type"] == "next"


@pytest.mark.parametrize("fresh", ["Bearer forged", "Bearer another"])
async def test_a_fresh_token_must_be_good_and_of_the_same_user(
    address: str, principals: Any, analyst: Actor, fresh: str
) -> None:
    principals["Bearer another"] = Principal(Actor(uuid7(), analyst.role))
    async with talking(address) as talk:
        await talk.init(authorization=GOOD)
        await talk.send("ping", payload={"authorization": fresh})
        assert await talk.closed() == (4403, "Forbidden")


async def test_a_revoked_session_loses_its_socket_and_its_operations(
    endpoint: Endpoint,
) -> None:
    revoked = asyncio.Event()

    async def revoke(_: Principal) -> None:
        await revoked.wait()

    endpoint.revoked = revoke
    endpoint.__post_init__()
    async with serving(endpoint) as address, talking(address) as talk:
        await (await talk.init(authorization=GOOD)).subscribe(IDLE)
        await talk.hear()
        revoked.set()
        assert await talk.closed() == (4403, "Forbidden")


async def test_a_server_that_stops_says_so(endpoint: Endpoint, seen: Seen) -> None:
    async with AsyncExitStack() as stack:
        async with serving(endpoint) as address:
            talk = await stack.enter_async_context(talking(address))
            await (await talk.init()).subscribe(IDLE)
            await talk.hear()
        assert (await talk.closed())[0] == 1012


async def test_a_flood_of_pings_delays_nobody(
    endpoint: Endpoint, address: str, http: httpx.AsyncClient
) -> None:
    endpoint.operations.admission.limits = Limits(messages=Rate(10_000, 1))
    async with talking(address) as talk:
        for _ in range(5000):
            await talk.send("ping")
        began = time.perf_counter()
        await http.get("/graphql?query={__typename}")
        assert time.perf_counter() - began < 1
        talk.socket.transport.abort()
