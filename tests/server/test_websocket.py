"""GraphQL over websockets, as clients meet it."""

import json
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from server import websocket
from server.endpoint import Endpoint
from tests.server.clients import codes, serving, talking
from tests.server.conftest import GOOD, Seen

FLOOD = "subscription { diagnosticsFlood }"
TICKS = "subscription { diagnosticsTicks(interval: 0.05) }"
IDLE = "subscription { diagnosticsTicks(interval: 3600) }"


@pytest.mark.parametrize("protocols", [(), ("graphql-ws",), ("x", "y")])
async def test_another_protocol_is_not_spoken(
    address: str, protocols: tuple[str, ...]
) -> None:
    async with talking(address, protocols) as talk:
        assert await talk.closed() == (4406, "Subprotocol not acceptable")


async def test_the_protocol_is_chosen_wherever_it_is_offered(address: str) -> None:
    offered = ("graphql-ws", "graphql-transport-ws", "x")
    async with talking(address, offered) as talk:
        assert talk.socket.subprotocol == "graphql-transport-ws"
        await talk.init()


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1", "http://["]
)
async def test_a_page_of_another_origin_opens_no_socket(
    address: str, origin: str
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with talking(address, origin=origin):
            pass
    assert refused.value.response.status_code == 403


async def test_our_own_pages_open_sockets_and_those_that_are_named(
    endpoint: Endpoint,
) -> None:
    endpoint.allowed_origins = frozenset({"https://friend.example"})
    endpoint.__post_init__()
    async with serving(endpoint) as address:
        for origin in (f"http://{address}", "https://friend.example"):
            async with talking(address, origin=origin) as talk:
                await talk.init()


async def test_nothing_runs_before_the_first_message(address: str) -> None:
    async with talking(address) as talk:
        await talk.subscribe("{ __typename }")
        assert await talk.closed() == (4401, "Unauthorized")


async def test_a_second_first_message_is_one_too_many(address: str) -> None:
    async with talking(address) as talk:
        await talk.send("connection_init")
        await talk.send("connection_init")
        assert await talk.closed() == (4429, "Too many initialisation requests")


async def test_a_socket_that_says_nothing_is_closed(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "PATIENCE", 0.2)
    async with talking(address) as talk:
        await talk.send("ping")
        assert await talk.closed() == (4408, "Connection initialisation timeout")


@pytest.mark.parametrize("bearer", ["Bearer forged", "", 5, ["x"], {}])
async def test_bad_credentials_close_the_socket(address: str, bearer: Any) -> None:
    async with talking(address) as talk:
        await talk.send("connection_init", payload={"authorization": bearer})
        assert await talk.closed() == (4403, "Forbidden")


async def test_credentials_come_from_the_first_message_alone(address: str) -> None:
    headers = {"authorization": GOOD}
    query = "{ alertRules { totalCount } }"
    async with talking(address, additional_headers=headers) as talk:
        await (await talk.init()).subscribe(query)
        message = await talk.hear()
    assert message["payload"]["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    async with talking(address) as talk:
        await (await talk.init(Authorization=GOOD)).subscribe(query)
        message = await talk.hear()
    assert message["payload"] == {"data": {"alertRules": {"totalCount": 0}}}


async def test_an_id_serves_one_operation_at_a_time(address: str) -> None:
    async with talking(address) as talk:
        await (await talk.init()).subscribe(IDLE, "ä" * 200)
        await talk.subscribe(IDLE, "ä" * 200)
        code, reason = await talk.closed()
    assert code == 4409
    assert reason.startswith("Subscriber for ä")
    assert len(reason.encode()) <= 123


async def test_queries_and_mutations_run_over_the_socket(
    address: str, seen: Seen
) -> None:
    async with talking(address) as talk:
        await (await talk.init(authorization=GOOD)).subscribe("{ __typename }", "q")
        assert await talk.hear() == {
            "id": "q",
            "type": "next",
            "payload": {"data": {"__typename": "Query"}},
        }
        assert await talk.hear() == {"id": "q", "type": "complete"}
        await talk.subscribe("mutation { testLogin }", "q")
        assert (await talk.hear())["payload"] == {"data": {"testLogin": 1}}


async def test_a_subscription_streams_and_ends(address: str) -> None:
    query = "subscription ($n: Int!) { diagnosticsCount(numbers: $n) }"
    async with talking(address) as talk:
        await (await talk.init()).subscribe(query, variables={"n": 3})
        heard = [await talk.hear() for _ in range(4)]
    assert [one["payload"]["data"]["diagnosticsCount"] for one in heard[:3]] == [
        1,
        2,
        3,
    ]
    assert heard[3] == {"id": "1", "type": "complete"}


@pytest.mark.parametrize(
    "asked",
    [
        {"query": ""},
        {"query": "{"},
        {"query": "{ nonsense }"},
        {"query": "subscription { nonsense }"},
        {"query": "query A { __typename }", "operationName": "B"},
        {"query": "query A { __typename } query B { __typename }"},
        {"query": "query ($n: Int!) { node(id: $n) { id } }"},
        {"query": "query ($n: Int!) { __typename }", "variables": {"n": "x"}},
        {
            "query": "subscription ($n: Int!) { diagnosticsCount(numbers: $n) }",
            "variables": {"n": "x"},
        },
    ],
)
async def test_an_operation_that_cannot_run_leaves_the_socket_usable(
    address: str, asked: dict[str, Any]
) -> None:
    async with talking(address) as talk:
        await talk.init(authorization=GOOD)
        for _ in range(2):
            await talk.send("subscribe", id="1", payload=asked)
            message = await talk.hear()
            assert (message["id"], message["type"]) == ("1", "error")
            assert codes(message) == {"BAD_REQUEST"}
        await talk.subscribe("{ __typename }")
        assert (await talk.hear())["type"] == "next"


async def test_a_stream_that_fails_ends_without_detail_and_frees_its_id(
    address: str, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[Any] = []
    async with talking(address) as talk:
        await talk.init()
        for _ in range(2):
            await talk.subscribe("subscription { diagnosticsFailure(numbers: 1) }")
            heard = [await talk.hear() for _ in range(3)]
            assert heard[0]["payload"] == {"data": {"diagnosticsFailure": 1}}
            [error] = heard[1]["payload"]["errors"]
            assert error["extensions"]["code"] == "INTERNAL"
            assert error["extensions"]["reference"] in caplog.text
            assert heard[2] == {"id": "1", "type": "complete"}
    assert "hunter2" not in json.dumps(heard)
    assert "hunter2" in caplog.text


async def test_pings_are_answered_at_any_time_and_noise_is_ignored(
    address: str,
) -> None:
    async with talking(address) as talk:
        await talk.send("ping", payload={"any": "thing"})
        assert await talk.hear() == {"type": "pong"}
        await talk.send("pong")
        await talk.send("complete", id="unknown")
        await talk.init()
        await talk.send("pong", payload=None)
        await talk.send("complete", id="unknown")
        await talk.send("ping")
        assert await talk.hear() == {"type": "pong"}
