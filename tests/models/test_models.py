"""Models: registered, found, described, deleted."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from db.base import utcnow
from db.models import JobStatus, Model, ModelVersion
from db.session import Database
from resolvers.access import Actor, BaseRole
from schema import schema
from schema.ids import spell
from tests.conftest import As, Ask, Save, Someone
from tests.factories import a_dataset
from tests.journeys import codes, counted, kept, last_entries
from tests.modelling import (
    a_model,
    a_model_version,
    a_prediction,
    a_training_job,
    an_alias,
)
from tests.models.registry import SHOWN, Registry, registry, told

__all__ = ["registry"]

FOUND = "query ($id: ID, $name: String) { model(id: $id, name: $name) { id name } }"


async def test_a_model_is_registered(registry: Registry) -> None:
    said = {"task": "SPAM", "description": "of messages", "tags": ["sms", "sms", "en"]}
    model = await registry.do("modelCreate", name=" spam ", **said)
    assert model.pop("id").startswith("model_")
    tags = ["sms", "en"]
    assert model == {**said, "tags": tags, "name": "spam", "revision": 1}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"description": "x" * 10_001}, "description"),
        ({"tags": ["x" * 51]}, "tags"),
        ({"tags": [f"tag {n}" for n in range(21)]}, "tags"),
    ],
)
async def test_a_model_is_not_described_by_nonsense(
    registry: Registry, given: dict[str, Any], field: str
) -> None:
    code, where, _ = await registry.refused("modelCreate", **{"name": "a", **given})
    assert (code, where) == ("INVALID", [field])


async def test_a_name_is_one_models_of_an_owner(
    registry: Registry, as_: As, someone: Someone
) -> None:
    await registry.model("spam")
    other = await registry.model("ham")
    taken = ("CONFLICT", ["name"], "the name 'spam' is taken")
    assert await registry.refused("modelCreate", name="spam") == taken
    assert await registry.refused("modelUpdate", id=other, name="spam") == taken
    query = 'mutation { modelCreate(input: {name: "spam"}) { model { name } } }'
    result = await schema.execute(query, context_value=as_(await someone()))
    assert (result.data or {})["modelCreate"]["model"] == {"name": "spam"}


async def test_under_a_key_a_model_is_registered_once(registry: Registry) -> None:
    first, again = [
        await registry.payload("modelCreate", name="spam", idempotencyKey="mine")
        for _ in range(2)
    ]
    assert (first["idempotencyReplayed"], again["idempotencyReplayed"]) == (False, True)
    assert first["model"]["id"] == again["model"]["id"]


async def test_a_model_is_described_anew(registry: Registry) -> None:
    id_ = await registry.model(description="of messages", tags=["a"])
    model = await registry.do(
        "modelUpdate", id=id_, description=None, expectedVersion=1
    )
    assert (model["description"], model["tags"], model["revision"]) == (None, ["a"], 2)
    code, field, _ = await registry.refused(
        "modelUpdate", id=id_, name="new", expectedVersion=1
    )
    assert (code, field) == ("CONFLICT", ["expectedVersion"])


async def test_a_new_version_changes_nothing_that_is_said_of_its_model(
    registry: Registry,
) -> None:
    id_ = await registry.model()
    await registry.version(id_)
    await registry.do("modelUpdate", id=id_, name="new", expectedVersion=1)


@pytest.mark.parametrize("compiles", [True, False])
async def test_a_model_is_found_by_its_id_or_its_name(
    as_: As, registry: Registry, statements: list[str], *, compiles: bool
) -> None:
    id_ = await registry.model("spam")
    statements.clear()
    for given in ({"id": id_}, {"name": "spam"}):
        found = await told(as_(compiles=compiles), FOUND, **given)
        assert found == {"model": {"id": id_, "name": "spam"}}
    assert len(statements) == 2
    assert await told(as_(), FOUND, name="ham") == {"model": None}
    for given in ({}, {"id": id_, "name": "spam"}):
        assert await codes(as_, FOUND, **given) == ["BAD_REQUEST"]


async def test_an_administrator_finds_their_own_model_by_its_name(
    as_: As, registry: Registry, save: Save, someone: Someone
) -> None:
    await registry.model("spam")
    administrator = await someone(BaseRole.ADMIN)
    assert await told(as_(administrator), FOUND, name="spam") == {"model": None}
    own = a_model(administrator, name="spam")
    await save(own)
    found = await told(as_(administrator), FOUND, name="spam")
    assert found == {"model": {"id": spell(own), "name": "spam"}}


async def test_a_viewer_registers_nothing(as_: As, someone: Someone) -> None:
    viewer = as_(await someone(BaseRole.VIEWER))
    query = 'mutation { modelCreate(input: {name: "a"}) { userErrors { code } } }'
    [error] = (await schema.execute(query, context_value=viewer)).errors or []
    assert (error.extensions or {})["code"] == "FORBIDDEN"


async def test_a_model_goes_with_all_that_it_has(
    registry: Registry, database: Database, tmp_path: Any
) -> None:
    id_ = await registry.model()
    for _ in range(2):
        await registry.version(id_)
    assert len(kept(tmp_path)) == 2
    assert await registry.do("modelDelete", id=id_) == id_
    assert await counted(database, Model) == await counted(database, ModelVersion) == 0
    assert kept(tmp_path) == []
    assert await last_entries(database, 1) == [("modelDelete", "success", "")]


async def test_a_model_that_serves_is_deleted_only_by_force(
    registry: Registry, save: Save, analyst: Actor
) -> None:
    named, asked, asked_long_ago = (a_model(analyst) for _ in range(3))
    versions = [a_model_version(one) for one in (named, asked, asked_long_ago)]
    before = utcnow() - timedelta(days=31)
    await save(named, asked, asked_long_ago, *versions)
    await save(an_alias(versions[0]), a_prediction(versions[1]))
    await save(a_prediction(versions[2], created_at=before))
    for model, said in (
        (named, "the alias 'production' leads"),
        (asked, "it was asked"),
    ):
        code, field, why = await registry.refused("modelDelete", id=spell(model))
        assert (code, field) == ("CONFLICT", ["force"])
        assert said in why
        await registry.do("modelDelete", id=spell(model), force=True)
    await registry.do("modelDelete", id=spell(asked_long_ago))


@pytest.mark.parametrize("force", [True, False])
async def test_a_model_is_not_deleted_while_it_is_trained(
    registry: Registry, save: Save, analyst: Actor, *, force: bool
) -> None:
    dataset, model = a_dataset(analyst), a_model(analyst)
    job = a_training_job(dataset, model, status=JobStatus.RUNNING)
    await save(dataset, model, job)
    code, field, _ = await registry.refused("modelDelete", id=spell(model), force=force)
    assert (code, field) == ("CONFLICT", ["id"])


async def test_of_models_of_one_name_made_at_once_one_is_made(
    registry: Registry, database: Database
) -> None:
    async with asyncio.timeout(30):
        made = await asyncio.gather(
            *(registry.payload("modelCreate", name="spam") for _ in range(10))
        )
    assert sorted(len(one["userErrors"]) for one in made) == [0] + [1] * 9
    assert await counted(database, Model) == 1


@pytest.mark.parametrize("name", [one for one in SHOWN if "Create" not in one])
async def test_nothing_is_done_with_what_is_not_there(ask: Ask, name: str) -> None:
    kind = "model_alias" if "Alias" in name else "model"
    kind = "model_version" if "Version" in name else kind
    given: dict[str, Any] = {"id": f"{kind}_{uuid7().hex}"}
    if name == "modelAliasSet":
        given = {"modelVersion": f"model_version_{uuid7().hex}", "alias": "production"}
    if name == "modelVersionSetStatus":
        given["status"] = "ARCHIVED"
    code, field, _ = await Registry(ask).refused(name, **given)
    assert (code, field) == ("NOT_FOUND", [next(iter(given))])
