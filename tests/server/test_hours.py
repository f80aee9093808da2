"""How often an API key may ask in an hour, whoever answers it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from db.models import RateLimitWindow
from db.session import Database
from resolvers.access import SYSTEM, Actor, visible
from resolvers.equipment import Equipment
from server import calls, till
from server.settings import Settings
from tests.billing.callers import CHEAP, READ, a_bearer, statuses
from tests.conftest import Save
from tests.documents import digest
from tests.factories import a_document
from tests.server.clients import codes, talking
from tests.server.ways import Client, client
from tests.waiting import until_told

LIMIT = 100
LEFT = "{ rateLimit { scope limit used remaining } }"


@pytest.fixture
def settings() -> Settings:
    return Settings(graphiql=False, points_signed_in=10**9)


@pytest.fixture
async def bearer(equipment: Equipment, save: Save, analyst: Actor) -> str:
    return await a_bearer(save, equipment.keys, analyst, rate_limit=LIMIT)


@pytest.fixture
async def keyed(
    equipment: Equipment, settings: Settings, bearer: str
) -> AsyncIterator[Client]:
    async with client(equipment, settings, bearer, short=True) as keyed:
        yield keyed


async def of_windows(database: Database) -> int:
    async with database.read() as session:
        found = await session.scalars(visible(SYSTEM, RateLimitWindow))
        return sum(one.count for one in found)


@pytest.mark.parametrize("asked", [CHEAP, READ])
async def test_of_many_at_once_exactly_as_many_pass_as_may(
    keyed: Client, asked: Any
) -> None:
    assert await statuses(keyed, 5 * LIMIT, asked) == {200: LIMIT, 429: 4 * LIMIT}
    assert await statuses(keyed, 10, asked) == {429: 10}


async def test_one_more_in_the_hour_is_told_when_to_come_back(keyed: Client) -> None:
    for _ in range(LIMIT - 1):
        await keyed.post("/graphql", json=READ)
    last = await keyed.post("/graphql", json={"query": LEFT})
    told = last.json()["data"]["rateLimit"]
    assert told == {"scope": "KEY_HOUR", "limit": LIMIT, "used": LIMIT, "remaining": 0}
    names = (till.LIMIT, till.REMAINING)
    assert [last.headers[name] for name in names] == ["100", "0"]
    late = await keyed.post("/graphql", json=READ)
    [error] = late.json()["errors"]
    said = error["extensions"]
    assert (late.status_code, said["code"]) == (429, "RATE_LIMITED")
    assert {name: said[name] for name in told} == told
    assert said["resetAt"] > "2026"
    assert [late.headers[name] for name in names] == ["100", "0"]
    assert late.headers["retry-after"] == late.headers[till.RESET]
    assert 3_500 <= int(late.headers["retry-after"]) <= 3_900


async def test_headers_and_the_query_agree_all_the_way(keyed: Client) -> None:
    for used in range(1, 11):
        answer = await keyed.post("/graphql", json={"query": LEFT})
        told = answer.json()["data"]["rateLimit"]
        assert (told["used"], told["remaining"]) == (used, LIMIT - used)
        assert int(answer.headers[till.REMAINING]) == told["remaining"]


async def test_another_process_and_a_restart_change_nothing(
    equipment: Equipment, settings: Settings, bearer: str
) -> None:
    passed = 0
    for _ in range(3):
        async with (
            client(equipment, settings, bearer, short=True) as one,
            client(equipment, settings, bearer, short=False) as other,
        ):
            for way in (one, other):
                passed += (await statuses(way, LIMIT // 4))[200]
    assert passed == LIMIT


async def test_what_is_not_asked_of_a_lot_is_given_back(
    keyed: Client, database: Database, save: Save, equipment: Equipment, analyst: Actor
) -> None:
    keyed.headers["authorization"] = await a_bearer(
        save, equipment.keys, analyst, rate_limit=10_000
    )
    for _ in range(3):
        await keyed.post("/graphql", json=READ)
    assert await of_windows(database) > 3

    async def returned() -> bool:
        return await of_windows(database) == 3

    await until_told(returned, 10 * calls.EVERY)


async def test_a_key_that_has_asked_too_often_may_not_upload_either(
    keyed: Client,
) -> None:
    await statuses(keyed, LIMIT)
    answer = await keyed.post("/upload?filename=a.csv", content=b"a\n1\n")
    assert answer.status_code == 429


async def test_over_a_websocket_each_operation_is_a_request(keyed: Client) -> None:
    await statuses(keyed, LIMIT - 1)
    address = str(keyed.base_url).removeprefix("http://")
    async with talking(address) as talk:
        await talk.init(authorization=keyed.headers["authorization"])
        await talk.subscribe("{ __typename }")
        assert (await talk.hear())["type"] == "next"
        assert (await talk.hear())["type"] == "complete"
        await talk.subscribe("{ __typename }")
        late = await talk.hear()
        assert codes(late) == {"RATE_LIMITED"}
        assert late["payload"][0]["extensions"]["scope"] == "KEY_HOUR"


async def test_others_of_the_same_owner_are_not_counted(
    keyed: Client, save: Save, equipment: Equipment, analyst: Actor
) -> None:
    await statuses(keyed, 2 * LIMIT)
    keyed.headers["authorization"] = await a_bearer(save, equipment.keys, analyst)
    assert await statuses(keyed, 10) == {200: 10}


async def test_a_key_may_be_for_persisted_documents_alone(
    keyed: Client, save: Save, equipment: Equipment, analyst: Actor
) -> None:
    text = READ["query"]
    await save(a_document(analyst, document=text, sha256=digest(text)))
    document = {"documentId": f"sha256:{digest(text)}"}
    trusted = await a_bearer(save, equipment.keys, analyst, trusted_only=True)
    for bearer, free in ((keyed.headers["authorization"], True), (trusted, False)) * 2:
        keyed.headers["authorization"] = bearer
        assert "data" in (await keyed.post("/graphql", json=document)).json()
        for _ in range(2):
            said = (await keyed.post("/graphql", json=READ)).json()
            codes_ = [one["extensions"]["code"] for one in said.get("errors", [])]
            assert codes_ == ([] if free else ["FORBIDDEN"])
