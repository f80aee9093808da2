"""A document is asked by its id, wherever its text may be sent."""

from typing import Any

import httpx
import orjson
import pytest

from resolvers.access import Actor
from tests.documents import apollo, id_of
from tests.server.clients import codes, talking
from tests.server.conftest import GOOD, Registered, Send

NAMES = "query Names($n: Int) { datasets(first: $n) { nodes { name } } }"
COUNT = "subscription ($n: Int!) { diagnosticsCount(numbers: $n) }"
KIND = "{ __typename }"
NOBODYS = f"sha256:{'0' * 64}"
NOTHING = {"data": {"datasets": {"nodes": []}}}
WAYS: dict[str, dict[str, Any]] = {
    "its id": {"documentId": id_of(NAMES)},
    "its id as Apollo says it": apollo(NAMES),
    "both": {"documentId": id_of(NAMES), **apollo(NAMES)},
    "its id and its text": {"documentId": id_of(NAMES), "query": NAMES},
    "its id and no text": {"documentId": id_of(NAMES), "query": None},
    "its text as Apollo says it": {"query": NAMES, **apollo(NAMES)},
    "its name and variables": {
        "documentId": id_of(NAMES),
        "operationName": "Names",
        "variables": {"n": 2},
    },
}


@pytest.mark.parametrize("asked", WAYS.values(), ids=WAYS.keys())
async def test_a_document_is_answered_by_its_id(
    send: Send, analyst: Actor, registered: Registered, asked: dict[str, Any]
) -> None:
    await registered(analyst, NAMES)
    assert await send(**asked) == NOTHING


@pytest.mark.parametrize("asked", WAYS.values(), ids=WAYS.keys())
async def test_the_same_is_asked_in_a_url(
    http: httpx.AsyncClient,
    analyst: Actor,
    registered: Registered,
    asked: dict[str, Any],
) -> None:
    await registered(analyst, NAMES)
    given = {
        name: one if isinstance(one, str) else orjson.dumps(one).decode()
        for name, one in asked.items()
        if one is not None
    }
    signed = {"authorization": GOOD, "accept": "text/html, application/json"}
    answer = await http.get("/graphql", params=given, headers=signed)
    assert answer.json() == NOTHING


@pytest.mark.parametrize("asked", WAYS.values(), ids=WAYS.keys())
async def test_the_same_is_asked_over_a_websocket(
    address: str, analyst: Actor, registered: Registered, asked: dict[str, Any]
) -> None:
    await registered(analyst, NAMES)
    async with talking(address) as talk:
        await talk.init(authorization=GOOD)
        await talk.send("subscribe", id="1", payload=asked)
        assert (await talk.hear())["payload"] == NOTHING


async def test_a_subscription_is_asked_by_its_id(
    address: str, analyst: Actor, registered: Registered
) -> None:
    asked = {"documentId": await registered(analyst, COUNT), "variables": {"n": 2}}
    async with talking(address) as talk:
        await talk.init(authorization=GOOD)
        await talk.send("subscribe", id="1", payload=asked)
        heard = [(await talk.hear())["payload"]["data"] for _ in range(2)]
    assert heard == [{"diagnosticsCount": 1}, {"diagnosticsCount": 2}]


WRONG: dict[str, dict[str, Any]] = {
    "no digest": {"documentId": "sha256:"},
    "another digest": {"documentId": f"md5:{'0' * 32}"},
    "capital letters": {"documentId": id_of(NAMES).upper()},
    "too long": {"documentId": f"{id_of(NAMES)}0"},
    "a line more": {"documentId": f"{id_of(NAMES)}\n"},
    "a name": {"documentId": "Names"},
    "an empty id": {"documentId": ""},
    "another text": {"documentId": id_of(NAMES), "query": KIND},
    "another text with an unknown id": {"documentId": NOBODYS, "query": NAMES},
    "another text for Apollo": {"query": KIND, **apollo(NAMES)},
    "a digest of Apollo's that is none": apollo(NAMES, sha256Hash="0"),
}
MALFORMED: dict[str, dict[str, Any]] = {
    "an id that is a number": {"documentId": 5},
    "an id that is a list": {"documentId": [id_of(NAMES)]},
    "two ids": {"documentId": NOBODYS, **apollo(NAMES)},
    "another version of Apollo's": apollo(NAMES, version=2),
    "a digest of Apollo's that is a number": apollo(NAMES, sha256Hash=5),
    "nothing of Apollo's": {"extensions": {"persistedQuery": {}}},
    "null of Apollo's": {"extensions": {"persistedQuery": None}},
    "a text that is a number": {"documentId": id_of(NAMES), "query": 5},
}


@pytest.mark.parametrize(
    "asked", (WRONG | MALFORMED).values(), ids=(WRONG | MALFORMED).keys()
)
async def test_an_id_that_is_none_is_the_clients_mistake(
    send: Send, analyst: Actor, registered: Registered, asked: dict[str, Any]
) -> None:
    await registered(analyst, NAMES)
    [error] = (await send(**asked))["errors"]
    assert error["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize("asked", WRONG.values(), ids=WRONG.keys())
async def test_over_a_websocket_an_id_that_is_none_ends_the_operation(
    address: str, asked: dict[str, Any]
) -> None:
    async with talking(address) as talk:
        await talk.init(authorization=GOOD)
        await talk.send("subscribe", id="1", payload=asked)
        assert codes(await talk.hear()) == {"BAD_REQUEST"}


@pytest.mark.parametrize("asked", MALFORMED.values(), ids=MALFORMED.keys())
async def test_over_a_websocket_an_id_of_another_type_closes_the_socket(
    address: str, asked: dict[str, Any]
) -> None:
    async with talking(address) as talk:
        await talk.init(authorization=GOOD)
        await talk.send("subscribe", id="1", payload=asked)
        assert (await talk.closed())[0] == 4400
