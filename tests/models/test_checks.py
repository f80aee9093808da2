"""Data that are compared with what they were."""

from typing import Any

import pytest

from db.models import CheckRun
from db.session import Database
from resolvers.equipment import Equipment
from tests.conftest import Ask, Listen
from tests.journeys import DATASET, counted, csv, errors, processed, settled, uploaded
from tests.modelling import a_model, a_model_version
from tests.models.checking import CANCEL, Checks, broken, readings
from tests.worlds import working

MERGE = """mutation ($input: DatasetMergeInput!) { datasetMerge(input: $input) {
  userErrors { message } } }"""
DELETE = """mutation ($id: ID!) { datasetDelete(input: {id: $id}) {
  userErrors { message } } }"""
PROGRESS = (
    """subscription ($id: ID!) { checkRunProgress(id: $id) { status verdict } }"""
)


@pytest.mark.usefixtures("worker")
async def test_a_dataset_is_compared_with_the_version_before(
    ask: Ask, checks: Checks
) -> None:
    tables = [
        csv([*one], list(zip(*one.values(), strict=True)))
        for one in (readings(seed=1), readings(shift=1, seed=2))
    ]
    dataset = await processed(ask, tables[0])
    more = [await uploaded(ask, tables[1])]
    await ask(MERGE, input={"id": dataset, "uploads": more})
    found = await settled(ask, DATASET, dataset)
    before, newest = sorted(found["versions"]["nodes"], key=lambda one: one["number"])
    started = await checks.started(dataset=dataset)
    assert started["name"] == "drift of Bearing"
    assert started["dataset"] == {"id": dataset}
    assert started["datasetVersion"] == {"id": newest["id"]}
    assert started["referenceVersion"] == {"id": before["id"]}
    check = await checks.checked(dataset=dataset)
    assert (check["status"], check["verdict"]) == ("COMPLETED", "FAILED")
    verdicts = {one["name"]: one["verdict"] for one in check["results"]["columns"]}
    assert verdicts == {"load": "DRIFT", "heat": "NO_DRIFT", "kind": "NO_DRIFT"}
    assert check["job"] == {"status": "COMPLETED", "progress": 1.0}


@pytest.mark.usefixtures("worker")
async def test_a_version_has_not_drifted_from_itself(checks: Checks) -> None:
    version = await checks.version(await checks.dataset(), readings())
    for kind in ("DRIFT", "QUALITY"):
        check = await checks.checked(
            kind=kind, datasetVersion=version, referenceVersion=version
        )
        assert check["verdict"] == "PASSED"


@pytest.mark.usefixtures("worker")
async def test_of_few_rows_nothing_is_said(checks: Checks) -> None:
    dataset = await checks.dataset()
    for seed in range(2):
        await checks.version(dataset, readings(10, seed=seed))
    check = await checks.checked(dataset=dataset)
    assert check["verdict"] == "UNKNOWN"
    assert "nothing is said of fewer than 20" in check["results"]["warnings"][0]


@pytest.mark.usefixtures("worker")
async def test_only_the_columns_that_are_named_are_compared(checks: Checks) -> None:
    dataset = await checks.dataset()
    await checks.version(dataset, readings(seed=1))
    await checks.version(dataset, readings(shift=1, seed=2))
    check = await checks.checked(dataset=dataset, columns=["heat", "kind"])
    assert check["verdict"] == "PASSED"
    assert [one["name"] for one in check["results"]["columns"]] == ["heat", "kind"]


@pytest.mark.usefixtures("worker")
async def test_data_are_compared_with_what_a_model_learnt_from(checks: Checks) -> None:
    dataset = await checks.dataset()
    learnt = await checks.version(dataset, readings(seed=1))
    await checks.version(dataset, readings(shift=1, seed=2))
    await checks.version(dataset, readings(shift=1, seed=3))
    model = await checks.save(a_model(checks.owner))
    version = await checks.save(a_model_version(model, dataset_version_id=learnt.id))
    assert (await checks.checked(dataset=dataset))["verdict"] == "PASSED"
    of_model = await checks.checked(dataset=dataset, modelVersion=version)
    assert of_model["verdict"] == "FAILED"


def damaged() -> dict[str, Any]:
    """Readings with a column lost, one with gaps, one beyond its range, one retyped."""
    rows = readings(seed=1)
    heat = [None if place % 10 == 0 else one for place, one in enumerate(rows["heat"])]
    load = [100.0 if place % 10 == 0 else one for place, one in enumerate(rows["load"])]
    return {"load": load, "heat": heat, "note": ["new"] * 200, "size": ["big"] * 200}


@pytest.mark.usefixtures("worker")
async def test_quality_names_what_is_missing_and_out_of_range(checks: Checks) -> None:
    dataset = await checks.dataset()
    await checks.version(dataset, {**readings(seed=1), "size": [1.0] * 200})
    await checks.version(dataset, damaged())
    check = await checks.checked(kind="QUALITY", dataset=dataset)
    assert check["verdict"] == "FAILED"
    assert check["results"]["problems"] == [
        "column 'kind' is not there any more",
        "column 'size' was float and is text",
        "10.0% of 'load' is out of the range of the reference",
        "10.0% of 'heat' is missing, where it was 0.0%",
    ]
    assert check["results"]["schema"]["added"] == ["note"]


@pytest.mark.usefixtures("worker")
async def test_data_of_the_same_quality_pass_though_they_have_drifted(
    checks: Checks,
) -> None:
    dataset = await checks.dataset()
    await checks.version(dataset, broken(seed=1))
    await checks.version(dataset, broken(seed=2, whole=False))
    assert (await checks.checked(dataset=dataset))["verdict"] == "FAILED"
    check = await checks.checked(kind="QUALITY", dataset=dataset)
    assert check["verdict"] == "PASSED"


@pytest.mark.usefixtures("worker")
async def test_a_check_is_followed_to_its_end(checks: Checks, listen: Listen) -> None:
    version = await checks.version(await checks.dataset(), readings())
    started = await checks.started(datasetVersion=version, referenceVersion=version)
    events = await listen(PROGRESS, id=started["id"])
    seen = [one["checkRunProgress"] async for one in events]
    assert seen[-1] == {"status": "COMPLETED", "verdict": "PASSED"}


async def test_a_check_that_waits_is_stopped_at_once_and_only_once(
    ask: Ask, checks: Checks
) -> None:
    version = await checks.version(await checks.dataset(), readings())
    started = await checks.started(datasetVersion=version, referenceVersion=version)
    stopped = (await ask(CANCEL, id=started["id"]))["checkRunCancel"]
    assert stopped["userErrors"] == []
    assert stopped["checkRun"].pop("completedAt")
    assert stopped["checkRun"] == {
        "status": "CANCELLED",
        "verdict": None,
        "errorMessage": "it was cancelled",
    }
    again = (await ask(CANCEL, id=started["id"]))["checkRunCancel"]
    assert errors(again) == [("INVALID_TRANSITION", ["id"])]


async def test_under_one_key_a_check_is_begun_once(
    database: Database, checks: Checks
) -> None:
    version = await checks.version(await checks.dataset(), readings())
    given = {"datasetVersion": version, "referenceVersion": version}
    first, again = [await checks.start(**given, idempotencyKey="k") for _ in range(2)]
    assert first["checkRun"]["id"] == again["checkRun"]["id"]
    assert again["idempotencyReplayed"]
    assert await counted(database, CheckRun) == 1


async def test_a_check_of_what_is_deleted_meanwhile_fails_and_says_so(
    ask: Ask, checks: Checks, equipment: Equipment
) -> None:
    current, other = [
        await checks.version(await checks.dataset(), readings()) for _ in range(2)
    ]
    started = await checks.started(datasetVersion=current, referenceVersion=other)
    await ask(DELETE, id=f"dataset_{other.dataset_id.hex}")
    async with working(equipment):
        check = await checks.ended(started["id"])
    assert (check["status"], check["verdict"]) == ("FAILED", None)
    assert check["errorMessage"] == "what this compares was deleted"
