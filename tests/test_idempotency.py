"""Under a key of the caller's a mutation takes effect once."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from db.base import first_id, utcnow
from db.models import IdempotencyKey
from db.session import Database
from resolvers.access import SYSTEM, Actor
from resolvers.platform import retention
from schema.ids import spell
from tests.conftest import As, Ask, Save, Someone
from tests.contract import named
from tests.factories import a_dataset
from tests.mutations import FIELDS

CREATE = """mutation ($input: AlertRuleCreateInput!) { alertRuleCreate(input: $input) {
  alertRule { id name } idempotencyReplayed userErrors { code message field }
} }"""
RENAME = """mutation ($id: ID!) { alertRuleUpdate(input: {id: $id, name: "other"}) {
  userErrors { code }
} }"""
DELETE = """mutation ($id: ID!) { datasetDelete(input: {id: $id}) {
  userErrors { code }
} }"""
CONDITION = {"metric": "ANOMALY_COUNT", "threshold": 1}


def rule(dataset: Any, **changes: Any) -> dict[str, Any]:
    usual = {"dataset": spell(dataset), "name": "Spikes", "severity": "LOW"}
    return usual | {"condition": CONDITION, "idempotencyKey": "a key"} | changes


@pytest.fixture
async def dataset(save: Save, analyst: Actor) -> Any:
    return await save(a_dataset(analyst))


async def create(ask: Ask, input: dict[str, Any], **who: Any) -> Any:  # noqa: A002  as it is called there
    return (await ask(CREATE, input=input, **who))["alertRuleCreate"]


async def rules(ask: Ask, **who: Any) -> int:
    return (await ask("{ alertRules { totalCount } }", **who))["alertRules"][
        "totalCount"
    ]


async def test_the_same_again_gives_the_same_row(ask: Ask, dataset: Any) -> None:
    first = await create(ask, rule(dataset))
    again = await create(ask, rule(dataset))
    assert first["idempotencyReplayed"] is False
    assert again == {**first, "idempotencyReplayed": True}
    assert await rules(ask) == 1


async def test_without_a_key_each_takes_effect(ask: Ask, dataset: Any) -> None:
    for _ in range(2):
        payload = await create(ask, rule(dataset, idempotencyKey=None))
        assert payload["idempotencyReplayed"] is False
    assert await rules(ask) == 2


async def test_the_row_is_as_it_is_now(ask: Ask, dataset: Any) -> None:
    first = await create(ask, rule(dataset))
    await ask(RENAME, id=first["alertRule"]["id"])
    again = await create(ask, rule(dataset))
    assert again["alertRule"] == {**first["alertRule"], "name": "other"}


async def test_a_row_that_is_gone_is_null(ask: Ask, dataset: Any) -> None:
    await create(ask, rule(dataset))
    await ask(DELETE, id=spell(dataset))
    again = await create(ask, rule(dataset))
    assert again == {"alertRule": None, "idempotencyReplayed": True, "userErrors": []}


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Spikez"},
        {"severity": "HIGH"},
        {"condition": {**CONDITION, "threshold": 2}},
        {"condition": {**CONDITION, "for": 1}},
    ],
)
async def test_something_else_under_the_same_key_is_refused(
    ask: Ask, dataset: Any, changes: dict[str, Any]
) -> None:
    await create(ask, rule(dataset))
    payload = await create(ask, rule(dataset, **changes))
    [error] = payload["userErrors"]
    assert error["code"] == "IDEMPOTENCY_MISMATCH"
    assert error["field"] == ["idempotencyKey"]
    assert (payload["alertRule"], payload["idempotencyReplayed"]) == (None, False)
    assert await rules(ask) == 1


async def test_what_was_refused_leaves_the_key_free(ask: Ask, dataset: Any) -> None:
    refused = await create(ask, rule(dataset, name=""))
    assert [error["code"] for error in refused["userErrors"]] == ["INVALID"]
    payload = await create(ask, rule(dataset))
    assert (payload["userErrors"], payload["idempotencyReplayed"]) == ([], False)


async def test_of_twenty_at_once_one_takes_effect(ask: Ask, dataset: Any) -> None:
    async with asyncio.timeout(30):
        payloads = await asyncio.gather(
            *(create(ask, rule(dataset)) for _ in range(20))
        )
    assert {one["alertRule"]["id"] for one in payloads} == {
        payloads[0]["alertRule"]["id"]
    }
    assert (
        sorted(one["idempotencyReplayed"] for one in payloads) == [False] + [True] * 19
    )
    assert await rules(ask) == 1


async def test_anothers_key_is_another_key(
    ask: Ask, save: Save, dataset: Any, someone: Someone
) -> None:
    other = await someone()
    theirs = await save(a_dataset(other))
    await create(ask, rule(dataset))
    first = await create(ask, rule(theirs), actor=other)
    assert (first["userErrors"], first["idempotencyReplayed"]) == ([], False)
    again = await create(ask, rule(theirs), actor=other)
    assert again == {**first, "idempotencyReplayed": True}
    assert (await rules(ask), await rules(ask, actor=other)) == (1, 1)


async def test_the_same_key_of_another_mutation_is_another_key(
    ask: Ask, dataset: Any
) -> None:
    await create(ask, rule(dataset))
    data = await ask(
        """mutation { reductionConfigCreate(input: {idempotencyKey: "a key"}) {
          idempotencyReplayed userErrors { code }
        } }"""
    )
    assert data["reductionConfigCreate"] == {
        "idempotencyReplayed": False,
        "userErrors": [],
    }


@pytest.mark.parametrize("key", ["", "x" * 101])
async def test_a_key_has_a_length(ask: Ask, dataset: Any, key: str) -> None:
    payload = await create(ask, rule(dataset, idempotencyKey=key))
    [error] = payload["userErrors"]
    assert (error["code"], error["field"]) == ("INVALID", ["idempotencyKey"])


async def test_a_key_is_good_for_a_day(
    ask: Ask, as_: As, dataset: Any, database: Database
) -> None:
    first = await create(ask, rule(dataset))
    await retention.run(as_(SYSTEM))
    assert (await create(ask, rule(dataset)))["idempotencyReplayed"]
    old = first_id(utcnow() - timedelta(hours=25))
    async with database.write.begin() as session:
        await session.execute(sa.update(IdempotencyKey).values(id=old))
    await retention.run(as_(SYSTEM))
    again = await create(ask, rule(dataset))
    assert again["alertRule"]["id"] != first["alertRule"]["id"]


def test_whatever_is_created_can_be_created_under_a_key() -> None:
    ends = ("Create", "Upload", "Ingest", "Register", "Reserve", "Start", "Replay")
    others = {"predict", "predictBatch", "providerUsageAdd"}
    for name, field in FIELDS.items():
        if "idempotencyReplayed" in named(field).fields:
            assert "idempotencyKey" in named(field.args["input"]).fields, name
        created = name.endswith(ends) or name in others
        created &= name != "auditCheckpointCreate"  # a second one does no harm
        assert created == ("idempotencyReplayed" in named(field).fields), name
