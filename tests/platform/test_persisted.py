"""Documents are registered once they are found valid, and belong to somebody."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from db.session import Database
from resolvers.access import ANONYMOUS, Actor, BaseRole
from resolvers.context import Context
from resolvers.platform import persisted
from resolvers.policy import Policy
from schema import schema
from schema.bounds import Bounds
from schema.platform import persisted as documents
from tests.conftest import As, Ask, Someone
from tests.documents import digest, id_of
from tests.journeys import errors, last_entries

REGISTER = """mutation ($input: PersistedOperationsRegisterInput!) {
  persistedOperationsRegister(input: $input) {
    documentIds idempotencyReplayed userErrors { code message field } } }"""
DELETE = """mutation ($id: ID!) { persistedOperationDelete(input: {id: $id}) {
  deletedId userErrors { code field } } }"""
LIST = """query ($filter: PersistedOperationFilter, $order: PersistedOperationOrder) {
  persistedOperations(filter: $filter, orderBy: $order) {
    totalCount nodes { id sha256 name document isShared } } }"""
ONE = "query ($id: ID!) { persistedOperation(id: $id) { name } }"
MINE, ANONYMOUS_ONE = "query Mine { viewer { id } }", "{ __typename }"
SEVERAL = "mutation Out { logout { userErrors { code } } } query In { __typename }"
AT_ONCE = 200


async def register(ask: Ask, *documents: str, **more: Any) -> Any:
    who = {"actor": more.pop("actor")} if "actor" in more else {}
    given = {"documents": [*documents], **more}
    return (await ask(REGISTER, input=given, **who))["persistedOperationsRegister"]


async def attempt(context: Context, *documents: str) -> tuple[str, Any]:
    """How documents are registered: the code of a denial, or the payload's errors."""
    given = {"input": {"documents": [*documents]}}
    result = await schema.execute(REGISTER, given, context)
    if result.errors:
        return str((result.errors[0].extensions or {})["code"]), []
    return "", errors((result.data or {})["persistedOperationsRegister"])


def narrow(context: Context, most: int) -> Context:
    """The same where a user may register so many."""
    policy = Policy(persisted_operations=most)
    return replace(context, equipment=replace(context.equipment, policy=policy))


async def listed(ask: Ask, **given: Any) -> Any:
    return (await ask(LIST, **given))["persistedOperations"]


async def test_documents_are_kept_under_their_digests(ask: Ask) -> None:
    texts = [MINE, ANONYMOUS_ONE, SEVERAL, MINE]
    payload = await register(ask, *texts)
    assert payload["documentIds"] == [id_of(text) for text in texts]
    assert not payload["userErrors"]
    found = (await listed(ask, order={"field": "NAME", "direction": "ASC"}))["nodes"]
    assert [(one["name"], one["document"], one["isShared"]) for one in found] == [
        ("Mine", MINE, False),
        ("Out", SEVERAL, False),
        ("query", ANONYMOUS_ONE, False),
    ]
    assert f"sha256:{found[0]['sha256']}" == id_of(MINE)
    assert (await ask(ONE, id=found[0]["id"]))["persistedOperation"]["name"] == "Mine"


@pytest.mark.parametrize(
    "condition",
    [
        {"sha256": {"eq": digest(MINE)}},
        {"name": {"contains": "in"}},
        {"name": {"in": ["Mine", "Yours"]}},
    ],
)
async def test_they_are_found_by_digest_and_by_name(
    ask: Ask, condition: dict[str, Any]
) -> None:
    await register(ask, MINE, ANONYMOUS_ONE)
    [found] = (await listed(ask, filter=condition))["nodes"]
    assert found["document"] == MINE


async def test_to_register_one_again_changes_nothing(ask: Ask) -> None:
    first = await register(ask, MINE)
    before = (await listed(ask))["nodes"]
    assert await register(ask, MINE, ANONYMOUS_ONE) == {
        **first,
        "documentIds": [id_of(MINE), id_of(ANONYMOUS_ONE)],
    }
    assert (await listed(ask))["nodes"][1:] == before


async def test_under_a_key_they_are_registered_once(ask: Ask) -> None:
    first = await register(ask, MINE, idempotencyKey="a key")
    again = await register(ask, MINE, idempotencyKey="a key")
    assert again == {**first, "idempotencyReplayed": True}
    other = await register(ask, ANONYMOUS_ONE, idempotencyKey="a key")
    assert [one["code"] for one in other["userErrors"]] == ["IDEMPOTENCY_MISMATCH"]
    assert other["documentIds"] == []


BOUNDS = Bounds()
WRONG = {
    "": "Syntax Error",
    "{": "Syntax Error",
    "{ nothing }": "nothing",
    "type A { a: Int }": "not executable",
    "fragment A on Query { __typename }": "never used",
    "query ($n: Int!) { __typename }": "never used",
    "{" + "__typename " * BOUNDS.tokens + "}": "2000 tokens",
    "{ __typename }" + " " * BOUNDS.characters: "32768 characters",
    " ".join(f"query A{n} {{ __typename }}" for n in range(6)): "5 operations",
    "{ __typename " + "@skip(if: false) " * 21 + "}": "20 directives",
    "{ viewer {" + "email " * 900 + "} }": "same name",
}


@pytest.mark.parametrize(("text", "said"), WRONG.items(), ids=WRONG.values())
async def test_what_could_not_be_asked_is_not_registered(
    ask: Ask, text: str, said: str
) -> None:
    payload = await register(ask, MINE, text)
    [error] = payload["userErrors"]
    assert (error["code"], error["field"]) == ("INVALID", ["documents", "1"])
    assert said in error["message"]
    assert (await listed(ask))["totalCount"] == 0


@pytest.mark.parametrize("number", [0, 101])
async def test_from_one_to_a_hundred_are_registered_at_once(
    ask: Ask, number: int
) -> None:
    texts = [f"query A{n} {{ __typename }}" for n in range(number)]
    [error] = (await register(ask, *texts))["userErrors"]
    assert (error["code"], error["field"]) == ("INVALID", ["documents"])
    assert str(number) in error["message"]


async def test_a_hundred_are_registered_together(ask: Ask) -> None:
    texts = [f"query A{n} {{ __typename }}" for n in range(100)]
    assert (await register(ask, *texts))["documentIds"] == [*map(id_of, texts)]
    assert (await listed(ask))["totalCount"] == 100


async def test_a_user_registers_only_so_many(as_: As) -> None:
    context = narrow(as_(), 2)
    assert await attempt(context, MINE, ANONYMOUS_ONE) == ("", [])
    assert await attempt(context, MINE, ANONYMOUS_ONE) == ("", [])
    refused = [("LIMIT_EXCEEDED", ["documents"])]
    assert await attempt(context, MINE, SEVERAL) == ("", refused)


async def test_of_many_who_register_one_at_once_there_is_one(as_: As, ask: Ask) -> None:
    async with asyncio.timeout(60):
        results = await asyncio.gather(*(attempt(as_(), MINE) for _ in range(AT_ONCE)))
    assert ("", []) in results
    assert {code for code, _ in results} <= {"", "SERVER_BUSY"}
    assert not any(refused for _, refused in results)
    [found] = (await listed(ask))["nodes"]
    assert found["document"] == MINE


async def test_the_bound_holds_however_many_register_at_once(as_: As, ask: Ask) -> None:
    texts = [f"query A{n} {{ __typename }}" for n in range(20)]
    async with asyncio.timeout(60):
        await asyncio.gather(*(attempt(narrow(as_(), 3), text) for text in texts))
    assert (await listed(ask))["totalCount"] == 3


async def test_anothers_do_not_exist_but_an_administrators_are_everybodys(
    ask: Ask, someone: Someone
) -> None:
    other, admin = await someone(), await someone(BaseRole.ADMIN)
    await register(ask, MINE, actor=other)
    await register(ask, ANONYMOUS_ONE, actor=admin)
    [seen] = (await listed(ask))["nodes"]
    assert (seen["document"], seen["isShared"]) == (ANONYMOUS_ONE, True)
    [theirs] = (await listed(ask, actor=other, filter={"isShared": {"eq": False}}))[
        "nodes"
    ]
    assert (await ask(ONE, id=theirs["id"]))["persistedOperation"] is None
    for one in (seen, theirs):
        payload = (await ask(DELETE, id=one["id"]))["persistedOperationDelete"]
        assert payload["deletedId"] is None
        assert [error["code"] for error in payload["userErrors"]] == ["NOT_FOUND"]
    payload = await ask(DELETE, id=theirs["id"], actor=other)
    assert payload["persistedOperationDelete"]["deletedId"] == theirs["id"]
    assert (await listed(ask, actor=other))["totalCount"] == 1


async def test_one_of_a_new_administrator_becomes_everybodys_when_registered_again(
    ask: Ask, analyst: Actor, someone: Someone
) -> None:
    await register(ask, MINE)
    await register(ask, MINE, actor=replace(analyst, role=BaseRole.ADMIN))
    await register(ask, MINE)
    [seen] = (await listed(ask, actor=await someone()))["nodes"]
    assert (seen["document"], seen["isShared"]) == (MINE, True)


@pytest.mark.parametrize(
    ("role", "code"),
    [(BaseRole.VIEWER, "FORBIDDEN"), (BaseRole.ANYONE, "UNAUTHENTICATED")],
)
async def test_only_who_may_registers_and_nothing_is_checked_for_others(
    as_: As,
    someone: Someone,
    monkeypatch: pytest.MonkeyPatch,
    role: BaseRole,
    code: str,
) -> None:
    monkeypatch.setattr(documents, "parsed", None)  # would be a fault
    actor = ANONYMOUS if role is BaseRole.ANYONE else await someone(role)
    assert await attempt(as_(actor), "{ yet: __typename }") == (code, [])


async def test_what_is_done_and_what_is_refused_is_written_down_once(
    ask: Ask, database: Database
) -> None:
    await register(ask, MINE)
    await register(ask, "{")
    assert await last_entries(database, 3) == [
        ("persistedOperationsRegister", "success", ""),
        ("persistedOperationsRegister", "failure", "INVALID"),
    ]


async def test_a_long_name_is_cut(ask: Ask) -> None:
    name = "A" * (persisted.LONGEST + 1)
    await register(ask, f"query {name} {{ __typename }}")
    [found] = (await listed(ask))["nodes"]
    assert found["name"] == name[:-1]
