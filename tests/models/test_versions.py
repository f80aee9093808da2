"""Versions: made of files, numbered, found, described, retired, deleted."""

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import httpx
import pytest

from db.models import ModelVersion
from db.session import Database
from resolvers.access import Actor, BaseRole
from schema import schema
from schema.ids import spell
from tests.compute.artifacts.made import as_skops, logistic, wicked_pickle
from tests.conftest import As, Ask, Save, Someone
from tests.journeys import File, codes, counted, errors, kept, last_entries
from tests.modelling import a_model, a_model_version, a_prediction
from tests.models.registry import PICKLE, Registry, registry, told
from tests.web import bearer, web

__all__ = ["bearer", "registry", "web"]

FREE = {"type": "object", "properties": {"text": {"type": "string", "maxLength": 9}}}
ONE = """query ($id: ID!, $number: Int, $label: String, $alias: String) {
  model(id: $id) { version(number: $number, label: $label, alias: $alias) { number }
    latestVersion { number } } }"""


async def test_a_version_is_made_of_a_file(registry: Registry, tmp_path: Path) -> None:
    said: dict[str, Any] = {
        "label": "1.2.0",
        "description": "of messages",
        "tags": ["sms"],
        "metadata": {"seed": 7},
        "metrics": {"f1": 0.97},
        "algorithm": "linear_svm",
        "framework": "ours",
        "inputSchema": {**FREE, "required": ["text"]},
        "outputSchema": {"type": "object"},
        "inputExample": {"text": "hello"},
    }
    version = await registry.version(await registry.model(), **said)
    assert version.pop("id").startswith("model_version_")
    assert version.pop("createdBy")["id"].startswith("user_")
    assert "can run whatever its author likes" in version.pop("warnings")[0]
    assert version == {
        **said,
        "version": 1,
        "number": 1,
        "status": "ACTIVE",
        "artifact": "PICKLE",
        "loadable": False,
        "fileSize": str(len(PICKLE)),
        "sha256": hashlib.sha256(PICKLE).hexdigest(),
        "signatureSource": "owner",
        "isActive": False,
    }
    [key] = kept(tmp_path)
    assert (tmp_path / "files" / key).read_bytes() == PICKLE


async def test_what_a_file_says_of_itself_is_kept(registry: Registry) -> None:
    version = await registry.version(await registry.model(), as_skops(logistic()))
    assert (version["artifact"], version["loadable"]) == ("SKOPS", True)
    assert version["framework"] == "sklearn"
    assert version["signatureSource"] == "file"
    assert "features" in version["inputSchema"]["properties"]


async def test_what_its_owner_says_is_worth_more(registry: Registry) -> None:
    own = {"type": "object", "title": "mine"}
    content = as_skops(logistic())
    version = await registry.version(
        await registry.model(), content, inputSchema=own, algorithm="mine"
    )
    assert (version["signatureSource"], version["inputSchema"]) == ("owner", own)
    assert version["algorithm"] == "mine"
    assert version["outputSchema"] is not None


async def test_a_pickle_is_kept_and_never_run(
    registry: Registry, tmp_path: Path
) -> None:
    marker = tmp_path / "run"
    version = await registry.version(await registry.model(), wicked_pickle(marker))
    assert (version["artifact"], version["loadable"]) == ("PICKLE", False)
    assert not marker.exists()


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"label": ""}, ["label"], "1 to 50 characters"),
        ({"label": "x" * 51}, ["label"], "1 to 50 characters"),
        ({"algorithm": "x" * 101}, ["algorithm"], "1 to 100"),
        ({"framework": ""}, ["framework"], "1 to 50"),
        ({"tags": [" "]}, ["tags"], "at most 20 tags"),
        ({"metadata": [1]}, ["metadata"], "metadata is an object"),
        ({"metadata": {"a": "x" * 65_536}}, ["metadata"], "at most 65536 bytes"),
        ({"metrics": {"f1": "good"}}, ["metrics", "f1"], "a finite number, not 'good'"),
        ({"metrics": {"f1": True}}, ["metrics", "f1"], "a finite number"),
        ({"metrics": [1]}, ["metrics"], "up to 100 numbers by name"),
        ({"inputExample": "x"}, ["inputExample"], "input example is an object"),
        (
            {"inputSchema": FREE, "inputExample": {"text": "far too long"}},
            ["inputExample", "text"],
            "longer than 9 characters",
        ),
        ({"file": File(b"")}, ["file"], "the file is empty"),
    ],
)
async def test_a_version_is_not_made_of_nonsense(
    registry: Registry,
    database: Database,
    tmp_path: Path,
    given: dict[str, Any],
    field: list[str],
    said: str,
) -> None:
    model = await registry.model()
    asked = {"model": model, "file": File(PICKLE), **given}
    code, where, why = await registry.refused("modelVersionCreate", **asked)
    assert (code, where) == ("INVALID", field)
    assert said in why
    assert kept(tmp_path) == []
    refused = ("modelVersionCreate", "failure", "INVALID")
    assert await last_entries(database, 1) == [refused]
    assert (await registry.version(model))["number"] == 1


async def test_versions_made_at_once_are_numbered_without_a_gap(
    web: httpx.AsyncClient, ask: Ask, registry: Registry, tmp_path: Path
) -> None:
    model = await registry.model()

    async def make(place: int) -> int:
        address = f"/models?model={model}&label=v{place}&tag=many"
        answer = await web.post(address, content=PICKLE)
        assert answer.status_code == 201, answer.text
        return answer.json()["modelVersion"]["number"]

    async with asyncio.timeout(60):
        numbers = await asyncio.gather(*map(make, range(50)))
    assert sorted(numbers) == list(range(1, 51))
    assert len(kept(tmp_path)) == 50
    found = await ask(ONE, id=model, label="v7")
    assert found["model"]["latestVersion"] == {"number": 50}
    assert found["model"]["version"] == {"number": numbers[7]}


async def test_a_number_is_not_used_again(registry: Registry) -> None:
    model = await registry.model()
    gone = await registry.version(model, label="a")
    code, field, _ = await registry.refused(
        "modelVersionCreate", model=model, file=File(PICKLE), label="a"
    )
    assert (code, field) == ("CONFLICT", ["label"])
    await registry.do("modelVersionDelete", id=gone["id"])
    assert (await registry.version(model, label="a"))["number"] == 2


async def test_under_a_key_a_version_is_made_once(
    registry: Registry, database: Database, tmp_path: Path
) -> None:
    model = await registry.model()

    async def make(content: bytes) -> Any:
        given = {"model": model, "file": File(content), "idempotencyKey": "mine"}
        return await registry.payload("modelVersionCreate", **given)

    first, again, other = [await make(one) for one in (PICKLE, PICKLE, b"other")]
    assert first["modelVersion"] == again["modelVersion"]
    assert again["idempotencyReplayed"]
    assert errors(other) == [("IDEMPOTENCY_MISMATCH", ["idempotencyKey"])]
    assert await counted(database, ModelVersion) == len(kept(tmp_path)) == 1


@pytest.mark.parametrize("compiles", [True, False])
async def test_a_version_is_found_by_any_of_its_names(
    registry: Registry, as_: As, statements: list[str], *, compiles: bool
) -> None:
    model = await registry.model()
    first = await registry.version(model, label="one")
    await registry.version(model)
    await registry.point(first)
    statements.clear()
    names: list[dict[str, Any]] = [
        {"number": 1},
        {"label": "one"},
        {"alias": "production"},
    ]
    for name in names:
        found = await told(as_(compiles=compiles), ONE, id=model, **name)
        assert found["model"]["version"] == {"number": 1}
        assert found["model"]["latestVersion"] == {"number": 2}
    assert not compiles or len(statements) == len(names)
    missed = await told(as_(compiles=compiles), ONE, id=model, alias="staging")
    assert missed["model"]["version"] is None
    for wrong in ({}, {"number": 1, "label": "one"}):
        assert await codes(as_, ONE, id=model, **wrong) == ["BAD_REQUEST"]


async def test_what_is_said_of_a_version_changes_and_what_it_answers_does_not(
    registry: Registry,
) -> None:
    model = await registry.model()
    version = await registry.version(model, label="a", metadata={"a": 1})
    await registry.version(model, label="b")
    about = {"id": version["id"], "label": None, "metadata": {"b": 2}, "tags": ["x"]}
    changed = await registry.do("modelVersionUpdate", **about)
    said = {"label": None, "metadata": {"b": 2}, "tags": ["x"], "version": 2}
    assert changed == {**version, **said}
    code, field, _ = await registry.refused(
        "modelVersionUpdate", id=version["id"], label="b"
    )
    assert (code, field) == ("CONFLICT", ["label"])


async def test_a_version_in_use_is_neither_archived_nor_deleted(
    registry: Registry,
) -> None:
    model = await registry.model()
    version = await registry.version(model)
    alias = await registry.point(version)
    id_ = version["id"]
    for name, given in (
        ("modelVersionSetStatus", {"status": "ARCHIVED"}),
        ("modelVersionDelete", {"force": True}),
    ):
        code, field, why = await registry.refused(name, id=id_, **given)
        assert (code, field) == ("CONFLICT", ["id"])
        assert "the alias 'production' leads to it" in why
    old = await registry.do("modelVersionSetStatus", id=id_, status="DEPRECATED")
    assert old["status"] == "DEPRECATED"
    await registry.do("modelAliasDelete", id=alias["id"])
    now = await registry.do("modelVersionSetStatus", id=id_, status="ARCHIVED")
    assert now["status"] == "ARCHIVED"


STATUS = """mutation ($input: ModelVersionSetStatusInput!) {
  modelVersionSetStatus(input: $input) { modelVersion { status }
    userErrors { message } } }"""


async def test_a_version_is_deprecated_before_it_is_archived_and_after(
    registry: Registry, save: Save, as_: As, analyst: Actor, someone: Someone
) -> None:
    version = await save(a_model_version(await save(a_model(analyst))))
    id_, move = spell(version), "modelVersionSetStatus"
    code, _, why = await registry.refused(move, id=id_, status="ARCHIVED")
    assert code == "INVALID_TRANSITION"
    assert why.endswith("active; it becomes deprecated before it becomes archived")
    for status in ("DEPRECATED", "ACTIVE", "ACTIVE", "DEPRECATED", "ARCHIVED"):
        assert (await registry.do(move, id=id_, status=status))["status"] == status
    revived = {"input": {"id": id_, "status": "DEPRECATED"}}
    result = await schema.execute(STATUS, revived, context_value=as_())
    assert [(one.extensions or {})["code"] for one in result.errors or []] == [
        "FORBIDDEN"
    ]
    admin = as_(await someone(BaseRole.ADMIN))
    found = await told(admin, STATUS, **revived)
    [version] = [one["modelVersion"] for one in found.values()]
    assert version == {"status": "DEPRECATED"}


async def test_a_version_that_was_asked_is_deleted_only_by_force(
    registry: Registry, save: Save, analyst: Actor
) -> None:
    model = a_model(analyst)
    version = a_model_version(model)
    await save(model, version, a_prediction(version))
    code, field, _ = await registry.refused("modelVersionDelete", id=spell(version))
    assert (code, field) == ("CONFLICT", ["force"])
    await registry.do("modelVersionDelete", id=spell(version), force=True)


@pytest.mark.parametrize("model", ["", "nonsense", "dataset_" + "0" * 32])
async def test_a_file_by_itself_is_of_a_model(
    web: httpx.AsyncClient, tmp_path: Path, model: str
) -> None:
    answer = await web.post(f"/models?model={model}", content=PICKLE)
    assert answer.status_code == 400, answer.text
    assert kept(tmp_path) == []
