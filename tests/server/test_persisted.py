"""Whom documents answer, for how long, and what else is answered."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import orjson
import pytest

from resolvers.access import Actor, BaseRole
from server import persisted
from server.body import Asked
from server.endpoint import Endpoint
from server.persisted import Persisted
from server.principals import Principal
from tests.conftest import As, Ask, Someone
from tests.documents import apollo, id_of
from tests.server.conftest import GOOD, Registered, Send

NAMES = "{ datasets { nodes { name } } }"
NOTHING = {"data": {"datasets": {"nodes": []}}}
OTHER, ADMIN = "Bearer other", "Bearer admin"
NOBODYS = f"sha256:{'0' * 64}"
KIND = "{ __typename }"
FIND = """query ($digest: String!) {
  persistedOperations(filter: {sha256: {eq: $digest}}) { nodes { id } } }"""
DELETE = """mutation ($id: ID!) { persistedOperationDelete(input: {id: $id}) {
  deletedId } }"""
Delete = Callable[[str], Awaitable[None]]


@pytest.fixture
async def other(someone: Someone, principals: dict[str | None, Principal]) -> Actor:
    actor = await someone()
    principals[OTHER] = Principal(actor)
    return actor


@pytest.fixture
async def admin(someone: Someone, principals: dict[str | None, Principal]) -> Actor:
    actor = await someone(BaseRole.ADMIN)
    principals[ADMIN] = Principal(actor)
    return actor


@pytest.fixture
def delete(ask: Ask, admin: Actor) -> Delete:
    """Delete the document of an id, whosever it is."""

    async def delete(id_: str) -> None:
        found = await ask(FIND, actor=admin, digest=id_.removeprefix("sha256:"))
        [node] = found["persistedOperations"]["nodes"]
        await ask(DELETE, actor=admin, id=node["id"])

    return delete


@pytest.fixture
def trusted(endpoint: Endpoint) -> None:
    """Only persisted documents are answered."""
    endpoint.operations.admission.persisted = Persisted(trusted=True)


def code(answer: Any) -> str:
    [error] = answer["errors"]
    return error["extensions"]["code"]


async def test_an_unknown_id_and_anothers_are_told_alike(
    send: Send, other: Actor, registered: Registered
) -> None:
    theirs = await registered(other, NAMES)
    assert await send(OTHER, documentId=theirs) == NOTHING
    for bearer in (GOOD, None):
        said: list[str] = []
        for id_ in (theirs, NOBODYS):
            answer = await send(bearer, documentId=id_)
            assert code(answer) == "PERSISTED_OPERATION_NOT_FOUND"
            said.append(orjson.dumps(answer).decode().replace(id_, "@"))
        assert said[0] == said[1]


async def test_the_documents_of_an_administrator_answer_everybody(
    send: Send, other: Actor, admin: Actor, registered: Registered
) -> None:
    await registered(other, KIND)
    id_ = await registered(admin, KIND)
    for bearer in (None, GOOD, OTHER, ADMIN) * 2:
        assert await send(bearer, documentId=id_) == {"data": {"__typename": "Query"}}


async def test_nothing_is_registered_by_being_asked(send: Send, ask: Ask) -> None:
    assert await send(query=NAMES, **apollo(NAMES)) == NOTHING
    assert code(await send(**apollo(NAMES))) == "PERSISTED_OPERATION_NOT_FOUND"
    found = await ask("{ persistedOperations { totalCount } }")
    assert found["persistedOperations"]["totalCount"] == 0


TOO_MUCH = {
    "{ a: " + "node(id: 1) {" * 12 + "id" + "}" * 13: "levels of fields",
    "{" + " ".join(f"a{i}: __typename" for i in range(51)) + "}": "root fields",
    """{ alerts(first: 100) { nodes { rule {
      alerts(first: 100) { nodes { id } } } } } }""": "objects",
    KIND + " " * 32 * 1024: "characters",
}


@pytest.mark.parametrize(("text", "said"), TOO_MUCH.items(), ids=TOO_MUCH.values())
async def test_what_is_too_much_to_ask_is_too_much_by_its_id(
    send: Send, analyst: Actor, registered: Registered, text: str, said: str
) -> None:
    answer = await send(documentId=await registered(analyst, text))
    assert code(answer) == "LIMIT_EXCEEDED"
    assert said in answer["errors"][0]["message"]


async def test_a_document_that_is_not_valid_any_more_says_so(
    send: Send, analyst: Actor, registered: Registered
) -> None:
    answer = await send(documentId=await registered(analyst, "{ nothing }"))
    assert code(answer) == "BAD_REQUEST"


async def test_a_mutation_is_not_run_by_a_url(
    http: httpx.AsyncClient, analyst: Actor, registered: Registered
) -> None:
    id_ = await registered(analyst, "mutation { testLogin }")
    signed = {"authorization": GOOD}
    given = {"documentId": id_}
    answer = await http.get("/graphql", params=given, headers=signed)
    assert answer.status_code == 405


async def test_what_was_found_needs_no_statement(
    send: Send, analyst: Actor, registered: Registered, statements: list[str]
) -> None:
    id_ = await registered(analyst, KIND)
    for _ in range(3):
        await send(documentId=id_)
    assert sum("persisted_operations" in one for one in statements) == 1


@pytest.mark.parametrize("shared", [True, False])
async def test_a_deleted_document_is_not_answered_once_that_is_told(
    send: Send,
    endpoint: Endpoint,
    as_: As,
    admin: Actor,
    analyst: Actor,
    registered: Registered,
    delete: Delete,
    shared: bool,  # noqa: FBT001
) -> None:
    id_ = await registered(admin if shared else analyst, KIND)
    async with endpoint.persisted.running(as_().bus):
        assert "data" in await send(documentId=id_)
        await delete(id_)
        answer = await send(documentId=id_)
    assert code(answer) == "PERSISTED_OPERATION_NOT_FOUND"


async def test_of_a_process_that_is_not_told_it_is_gone_in_seconds(
    send: Send,
    analyst: Actor,
    registered: Registered,
    delete: Delete,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    id_, clock = await registered(analyst, NAMES), Clock()
    monkeypatch.setattr(persisted, "time", clock)
    assert await send(documentId=id_) == NOTHING
    await delete(id_)
    assert await send(documentId=id_) == NOTHING
    clock.now += 4.5
    assert code(await send(documentId=id_)) == "PERSISTED_OPERATION_NOT_FOUND"


class Clock:
    """Stands still until it is moved."""

    now = 1_000.0

    def monotonic(self) -> float:
        return self.now


async def test_of_many_documents_those_found_last_are_known(
    as_: As, analyst: Actor, registered: Registered, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [f"query A{n} {{ __typename }}" for n in range(6)]
    monkeypatch.setattr(persisted, "MOST", 3 * len(texts[0]))
    known = Persisted()
    asked = [Asked("", document_id=await registered(analyst, one)) for one in texts]
    for one in [*asked, *asked]:
        await known.resolved(one, as_(), Principal(as_().actor))
    told = [known.at_once(Principal(analyst), one) for one in asked]
    assert told == [None, None, None, *texts[3:]]


@pytest.mark.usefixtures("trusted")
async def test_where_documents_are_trusted_no_other_text_is_answered(
    send: Send, admin: Actor, analyst: Actor, registered: Registered
) -> None:
    await registered(analyst, NAMES)
    for bearer in (None, GOOD):
        for text in (NAMES, KIND, "{ __schema { description } }"):
            assert code(await send(bearer, query=text)) == "FORBIDDEN"
    assert await send(documentId=id_of(NAMES)) == NOTHING
    assert await send(documentId=id_of(NAMES), query=NAMES) == NOTHING
    more = {"query": KIND, "documentId": id_of(KIND)}
    assert code(await send(**more)) == "PERSISTED_OPERATION_NOT_FOUND"
    assert await send(ADMIN, query=NAMES) == NOTHING
