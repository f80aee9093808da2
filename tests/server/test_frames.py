"""No frame that a client may send hurts the server."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.server.clients import talking
from tests.server.conftest import GOOD

MALFORMED: list[Any] = [
    b"{}",
    "",
    "{",
    "null",
    "[]",
    "5",
    '"ping"',
    "[" * 100_000,
    '{"type": "connection_init", "payload": {"x": 1e999}}',
    {},
    {"type": None},
    {"type": 5},
    {"type": "start"},
    {"type": "next", "id": "1", "payload": {}},
    {"type": "connection_init", "payload": []},
    {"type": "connection_init", "payload": "x"},
    {"type": "ping", "payload": 5},
    {"type": "pong", "payload": []},
    {"type": "complete"},
    {"type": "complete", "id": 5},
    {"type": "subscribe", "id": "1"},
    {"type": "subscribe", "id": "1", "payload": None},
    {"type": "subscribe", "payload": {"query": "{ a }"}},
    {"type": "subscribe", "id": "", "payload": {"query": "{ a }"}},
    {"type": "subscribe", "id": "a" * 256, "payload": {"query": "{ a }"}},
    {"type": "subscribe", "id": 1, "payload": {"query": "{ a }"}},
    {"type": "subscribe", "id": "1", "payload": {"query": 5}},
    {"type": "subscribe", "id": "1", "payload": {}},
    {"type": "subscribe", "id": "1", "payload": {"query": "{ a }", "variables": []}},
    {"type": "subscribe", "id": "1", "payload": {"query": "{ a }", "extensions": 5}},
    {"type": "subscribe", "id": "1", "payload": {"query": "{ a }", "operationName": 5}},
]
USUAL = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.mark.parametrize("after_init", [False, True])
async def test_a_malformed_message_closes_the_socket_with_4400(
    address: str,
    after_init: bool,  # noqa: FBT001
) -> None:
    for message in MALFORMED:
        text = json.dumps(message) if isinstance(message, dict) else message
        async with talking(address) as talk:
            if after_init:
                await talk.init()
            await talk.socket.send(text)
            code, reason = await talk.closed()
        assert (code, bool(reason)) == (4400, True), message


async def test_a_message_has_a_size(address: str) -> None:
    async with talking(address) as talk:
        await talk.init()
        await talk.subscribe("#" * 2**21)
        assert (await talk.closed())[0] in {1009, 4400}


async def test_what_a_subscription_holds_has_a_size(address: str) -> None:
    query = "subscription { diagnosticsTicks }"
    async with talking(address) as talk:
        await talk.init(authorization=GOOD)
        await talk.subscribe(query, variables={"more": [1] * 10_000})
        told = await talk.hear()
        assert told["type"] == "error"
        assert told["payload"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"
        await talk.subscribe(query, variables={"more": [1] * 1_000})
        assert (await talk.hear())["type"] == "next"


@given(message=st.text() | st.binary())
@USUAL
async def test_no_frame_is_our_fault(address: str, message: str | bytes) -> None:
    async with talking(address) as talk:
        await talk.socket.send(message)
        assert (await talk.closed())[0] == 4400


@given(
    message=st.fixed_dictionaries(
        {"type": st.sampled_from(["subscribe", "complete", "ping", "pong"])},
        optional={
            "id": st.none() | st.text(max_size=3) | st.integers(),
            "payload": st.none()
            | st.text(max_size=3)
            | st.fixed_dictionaries(
                {},
                optional={
                    "query": st.sampled_from(["{", "{ __typename }", None, 5]),
                    "variables": st.sampled_from([None, {}, [], {"a": [1]}]),
                    "operationName": st.sampled_from([None, "A", 5]),
                    "authorization": st.sampled_from([None, GOOD, 5]),
                },
            ),
        },
    )
)
@USUAL
async def test_no_message_is_our_fault(address: str, message: dict[str, Any]) -> None:
    async with talking(address) as talk:
        await talk.init(authorization=GOOD)
        await talk.socket.send(json.dumps(message))
        await talk.send("nonsense")
        assert (await talk.closed())[0] in {4400, 4403}
