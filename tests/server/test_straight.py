"""What is known is answered by a short way, which nobody can tell from the long one."""

import asyncio
import io
import sys
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from db.base import utcnow
from db.models import Session
from db.session import Database
from resolvers.access import Actor
from resolvers.equipment import Equipment
from resolvers.identity.standings import CHANGED
from schema.documents import Known
from schema.ids import spell
from server import access, logs, metrics, operations, till
from server.settings import Settings
from tests.conftest import Save, Someone
from tests.documents import apollo
from tests.factories import a_dataset, a_rule
from tests.server.conftest import Registered
from tests.server.requests import ASKED, DATASETS, ID, NAME
from tests.server.ways import Client, client, signed

REGISTER = """mutation ($input: PersistedOperationsRegisterInput!) {
  persistedOperationsRegister(input: $input) { documentIds userErrors { code } } }"""
DELETE = """mutation ($id: ID!) { persistedOperationDelete(input: {id: $id}) {
  deletedId } }"""


@pytest.fixture
def settings() -> Settings:
    return Settings(graphiql=False, points_signed_in=300, points_signed_in_a_second=0.1)


@pytest.fixture
async def document(registered: Registered, analyst: Actor) -> None:
    """What the analyst has registered."""
    await registered(analyst, DATASETS)


@pytest.fixture
def entered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The operations that were run field by field, or might have been."""
    seen: list[str] = []
    run = operations.run

    async def noted(schema: Any, known: Known, *given: Any) -> Any:
        seen.append(known.name)
        return await run(schema, known, *given)

    monkeypatch.setattr(operations, "run", noted)
    return seen


async def test_what_was_asked_before_is_answered_without_strawberry(
    short: Client, save: Save, analyst: Actor, entered: list[str]
) -> None:
    dataset = await save(a_dataset(analyst, name="one"))
    for n in (1, 2, 3):
        answer = await short.post(
            "/graphql", json={"query": DATASETS, "variables": {"n": n}}
        )
        node = {"id": spell(dataset), "name": "one"}
        assert answer.json() == {"data": {"datasets": {"nodes": [node]}}}
    assert entered == ["Mine"]


@pytest.mark.usefixtures("document")
@pytest.mark.parametrize("asked", [{"documentId": ID}, apollo(DATASETS)])
async def test_so_is_a_document_that_was_asked_by_its_id(
    short: Client, entered: list[str], statements: list[str], asked: dict[str, Any]
) -> None:
    for n in (1, 2, 3):
        answer = await short.post("/graphql", json={**asked, "variables": {"n": n}})
        assert answer.json() == {"data": {"datasets": {"nodes": []}}}
    assert entered == ["Mine"]
    assert sum("persisted_operations" in one for one in statements) == 1


@pytest.mark.usefixtures("document")
@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED.keys())
async def test_both_ways_say_the_same(
    short: Client, long: Client, save: Save, analyst: Actor, asked: dict[str, Any]
) -> None:
    await save(a_dataset(analyst))
    known = (
        {"query": DATASETS},
        {"documentId": ID},
        {"query": NAME, "variables": {"id": f"dataset_{'0' * 32}"}},
    )
    for body in known:
        await short.post("/graphql", json=body)
    one, other = [await way.post("/graphql", **asked) for way in (short, long)]
    assert one.content == other.content
    assert one.status_code == other.status_code
    ours, theirs = dict(one.headers), dict(other.headers)
    asked_id = asked.get("headers", {}).get("x-request-id")
    for headers in (ours, theirs):
        headers.update(dict.fromkeys({*till.HEADERS} & headers.keys(), "some"))
        headers.pop("date", None)
        given = headers.pop("x-request-id")
        assert given == asked_id if asked_id else len(given) == 32
    assert ours == theirs


async def test_a_promised_row_that_is_missing_is_told_as_ever(
    short: Client, long: Client, save: Save, analyst: Actor, someone: Someone
) -> None:
    rule = a_rule(await save(a_dataset(await someone())))
    rule.owner_id = analyst.user_id
    await save(rule)
    query = {"query": "{ alertRules { nodes { dataset { name } } } }"}
    for way in (short, long):
        for _ in range(2):
            answer = (await way.post("/graphql", json=query)).json()
            assert answer["data"] is None
            assert answer["errors"][0]["path"] == ["alertRules", "nodes", 0, "dataset"]


@pytest.mark.parametrize("path", ["short", "long"])
async def test_points_are_paid_once(
    short: Client, long: Client, path: str, settings: Settings
) -> None:
    way = {"short": short, "long": long}[path]
    query = {"query": "{ datasets(first: 47) { nodes { id } } }"}  # an empty list is 3
    answers = [await way.post("/graphql", json=query) for _ in range(4)]
    left = [int(one.headers[till.REMAINING]) for one in answers]
    most = settings.points_signed_in
    assert left == [most - 3 * times for times in (1, 2, 3, 4)]


@pytest.mark.parametrize("path", ["short", "long"])
async def test_points_are_paid_for_what_comes_of_it(
    short: Client, long: Client, path: str, save: Save, analyst: Actor
) -> None:
    for _ in range(10):
        await save(a_dataset(analyst))
    way = {"short": short, "long": long}[path]
    query = {"query": "{ datasets(first: 99) { nodes { id } } }"}
    for times in (1, 2, 3):
        answer = await way.post("/graphql", json=query)
        assert int(answer.headers[till.REMAINING]) == 300 - 13 * times


async def test_a_session_that_has_ended_is_refused_as_soon_as_that_is_known(
    equipment: Equipment, short: Client, analyst: Actor, database: Database
) -> None:
    query = {"query": DATASETS}
    for _ in range(2):
        assert "data" in (await short.post("/graphql", json=query)).json()
    async with database.write.begin() as session:
        await session.execute(sa.update(Session).values(revoked_at=utcnow()))
    owner: Any = analyst.user_id
    await equipment.bus.publish(CHANGED, owner, owner)
    await asyncio.sleep(0.05)
    assert (await short.post("/graphql", json=query)).status_code == 401


async def test_the_short_way_is_logged_and_counted_like_the_long(
    short: Client, long: Client, entered: list[str]
) -> None:
    lines, counts = [], []
    stream = io.StringIO()
    try:
        logs.configure("info", "json", stream)
        for way in (long, short, short):
            begun = total()
            await way.post("/graphql", json={"query": DATASETS})
            counts.append(total() - begun)
        access.flush()
        lines = [orjson.loads(line) for line in stream.getvalue().splitlines()]
    finally:
        logs.configure("info", "json", sys.stderr)
    assert len(entered) == 2
    assert counts == [1, 1, 1]
    one, *_, other = [line for line in lines if line.get("logger") == access.NAME]
    assert one.keys() == other.keys()
    changing = {"ms", "request_id", "timestamp"}
    assert {k: v for k, v in one.items() if k not in changing} == {
        k: v for k, v in other.items() if k not in changing
    }


def total() -> float:
    """Queries that were counted."""
    found = metrics.REGISTRY.get_sample_value(
        "heliograph_operations_total", {"kind": "query", "execution": "compiled"}
    )
    return found or 0.0


async def test_a_body_that_comes_in_parts_is_answered(short: Client) -> None:
    async def parts() -> AsyncIterator[bytes]:
        body = orjson.dumps({"query": DATASETS})
        yield body[:10]
        yield body[10:]

    said = {"content-type": "application/json"}
    for _ in range(2):
        answer = await short.post("/graphql", content=parts(), headers=said)
        assert answer.json() == {"data": {"datasets": {"nodes": []}}}


async def test_nothing_known_of_one_user_is_told_to_another(
    short: Client, save: Save, someone: Someone, equipment: Equipment
) -> None:
    other = await someone()
    await save(a_dataset(other, name="theirs"))
    theirs = await signed(equipment, save, other)
    for bearer, expected in ((None, []), (theirs, ["theirs"]), (None, [])) * 2:
        more = {"authorization": bearer} if bearer else {}
        answer = await short.post("/graphql", json={"query": DATASETS}, headers=more)
        nodes = answer.json()["data"]["datasets"]["nodes"]
        assert [one["name"] for one in nodes] == expected


@pytest.mark.usefixtures("document")
async def test_a_known_text_is_not_answered_where_only_documents_are(
    equipment: Equipment, settings: Settings, short: Client, bearer: str
) -> None:
    await short.post("/graphql", json={"query": DATASETS})
    trusted = settings.model_copy(update={"trusted_documents": True})
    async with client(equipment, trusted, bearer, short=True) as there:
        for _ in range(2):
            answer = (await there.post("/graphql", json={"documentId": ID})).json()
            assert answer == {"data": {"datasets": {"nodes": []}}}
            [error] = (await there.post("/graphql", json={"query": DATASETS})).json()[
                "errors"
            ]
            assert error["extensions"]["code"] == "FORBIDDEN"


async def test_a_document_is_registered_asked_and_deleted(short: Client) -> None:
    async def ask(**body: Any) -> Any:
        answer = (await short.post("/graphql", json=body)).json()
        return answer.get("data") or answer["errors"][0]["extensions"]["code"]

    given = {"input": {"documents": [DATASETS]}}
    payload = (await ask(query=REGISTER, variables=given))[
        "persistedOperationsRegister"
    ]
    assert payload == {"documentIds": [ID], "userErrors": []}
    for _ in range(2):
        assert await ask(documentId=ID) == {"datasets": {"nodes": []}}
    listed = await ask(query="{ persistedOperations { nodes { id name } } }")
    [found] = listed["persistedOperations"]["nodes"]
    assert found["name"] == "Mine"
    await ask(query=DELETE, variables={"id": found["id"]})
    assert await ask(documentId=ID) == "PERSISTED_OPERATION_NOT_FOUND"
