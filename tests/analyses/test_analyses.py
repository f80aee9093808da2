"""Analyses: described, run, stopped, deleted."""

import asyncio
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from db.models import AnalysisKind, AnalysisStatus, MonitorPoint, ReductionResult
from db.session import Database
from resolvers.access import Actor
from schema.ids import spell
from tests.conftest import Ask, Listen, Save, Someone
from tests.factories import (
    a_dataset,
    a_point,
    a_result,
    a_version,
    an_analysis,
    an_anomaly,
    an_upload,
)
from tests.journeys import (
    ANALYSE,
    CANCEL,
    FOUND,
    RUN,
    analysed,
    counted,
    created,
    csv,
    errors,
    processed,
    run,
    settled,
)

TABLE = csv(["name", "a", "b", "c", "d"], [["x", n, 2 * n, 7, ""] for n in range(9)])
DELETE = """mutation ($id: ID!) { analysisDelete(input: {id: $id}) {
  deletedId userErrors { code message field } } }"""
PROGRESS = """subscription ($id: ID!) { analysisProgress(id: $id) {
  status job { status progress } } }"""


@pytest.fixture
async def dataset(ask: Ask, worker: None) -> str:
    return await processed(ask, TABLE)


async def described(ask: Ask, **given: Any) -> Any:
    return (await ask(ANALYSE, input=given))["analysisCreate"]


async def test_a_summary_tells_gaps_constants_and_what_goes_together(
    ask: Ask, dataset: str
) -> None:
    id_ = await analysed(ask, "GENERAL", dataset=dataset)
    await run(ask, id_)
    analysis = await settled(ask, FOUND, id_)
    assert analysis["status"] == "COMPLETED"
    assert analysis["results"] == {
        "gaps": {"d": 9},
        "constant": ["name", "c"],
        "together": [{"columns": ["a", "b"], "r": 1.0}],
    }
    assert analysis["reductionResult"] is None


async def test_an_analysis_is_named_after_its_dataset_unless_it_has_a_name(
    ask: Ask, dataset: str
) -> None:
    given = {"kind": "GENERAL", "dataset": dataset}
    named = [(await described(ask, **given, **more))["analysis"]["name"]
             for more in ({}, {"name": None}, {"name": " mine "})]  # fmt: skip
    assert named == ["general of Bearing", "general of Bearing", "mine"]


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"name": ""}, ("INVALID", ["name"])),
        ({"name": "x" * 256}, ("INVALID", ["name"])),
        ({"sensitivity": 0.49}, ("INVALID", ["sensitivity"])),
        ({"sensitivity": 5.01}, ("INVALID", ["sensitivity"])),
        ({"dataset": None}, ("INVALID", ["dataset"])),
        ({"dataset": f"dataset_{uuid7().hex}"}, ("NOT_FOUND", ["dataset"])),
        ({"config": f"reduction_config_{uuid7().hex}"}, ("INVALID", ["config"])),
        ({"reference": f"reduction_result_{uuid7().hex}"}, ("INVALID", ["reference"])),
        ({"kind": "MONITORING"}, ("INVALID", ["reference"])),
        (
            {"kind": "MONITORING", "reference": f"reduction_result_{uuid7().hex}"},
            ("NOT_FOUND", ["reference"]),
        ),
        (
            {"kind": "REDUCTION", "config": f"reduction_config_{uuid7().hex}"},
            ("NOT_FOUND", ["config"]),
        ),
    ],
)
async def test_an_analysis_that_cannot_be_is_refused(
    ask: Ask, dataset: str, given: dict[str, Any], error: tuple[str, list[str]]
) -> None:
    payload = await described(ask, **{"kind": "GENERAL", "dataset": dataset, **given})
    assert errors(payload) == [error]
    assert payload["analysis"] is None


async def test_a_dataset_is_processed_before_it_is_analysed(ask: Ask) -> None:
    dataset = await created(ask, TABLE)
    for kind in ("GENERAL", "REDUCTION"):
        payload = await described(ask, kind=kind, dataset=dataset)
        assert errors(payload) == [("CONFLICT", ["dataset"])]


async def test_a_reference_is_a_map_of_the_dataset(
    ask: Ask, save: Save, analyst: Actor, someone: Someone
) -> None:
    dataset = await save(a_dataset(analyst))
    upload = await save(an_upload(analyst, dataset_id=dataset.id))
    version = await save(a_version(dataset, upload))
    map_ = await save(a_result(version))
    other = await save(a_dataset(analyst))
    given = {"kind": "MONITORING", "reference": spell(map_)}
    payload = await described(ask, **given, dataset=spell(other))
    assert errors(payload) == [("INVALID", ["dataset"])]
    payload = await described(ask, **given)
    assert payload["analysis"]["dataset"] == {"id": spell(dataset)}


@pytest.mark.parametrize("kind", AnalysisKind)
@pytest.mark.parametrize("status", AnalysisStatus)
async def test_what_is_run_was_described_or_failed(
    ask: Ask,
    save: Save,
    analyst: Actor,
    kind: AnalysisKind,
    status: AnalysisStatus,
) -> None:
    monitors = kind is AnalysisKind.MONITORING
    analysis = await an_analysis_of(save, analyst, kind, status)
    payload = (await ask(RUN, id=spell(analysis)))["analysisRun"]
    may = {AnalysisStatus.DRAFT, AnalysisStatus.FAILED}
    if status in may | ({AnalysisStatus.CANCELLED} if monitors else set()):
        expected = "RUNNING" if monitors else "PENDING"
        assert payload["analysis"]["status"] == expected
        assert (payload["analysis"]["job"] is None) is monitors
    else:
        assert errors(payload) == [("INVALID_TRANSITION", ["id"])]


@pytest.mark.parametrize("kind", AnalysisKind)
@pytest.mark.parametrize("status", AnalysisStatus)
async def test_what_is_stopped_was_under_way(
    ask: Ask,
    save: Save,
    analyst: Actor,
    kind: AnalysisKind,
    status: AnalysisStatus,
) -> None:
    analysis = await an_analysis_of(save, analyst, kind, status)
    payload = (await ask(CANCEL, id=spell(analysis)))["analysisCancel"]
    busy = {AnalysisStatus.RUNNING}
    if kind is not AnalysisKind.MONITORING:
        busy.add(AnalysisStatus.PENDING)
    expected = [] if status in busy else [("INVALID_TRANSITION", ["id"])]
    assert errors(payload) == expected


async def an_analysis_of(
    save: Save, owner: Actor, kind: AnalysisKind, status: AnalysisStatus
) -> Any:
    """One whose data are there, in any state."""
    dataset = await save(a_dataset(owner))
    upload = await save(an_upload(owner, dataset_id=dataset.id))
    version = await save(a_version(dataset, upload))
    result = await save(a_result(version))
    about = {"dataset_version_id": version.id, "dinsight_id": result.id}
    return await save(an_analysis(dataset, kind=kind, status=status, **about))


async def test_an_analysis_that_waits_is_stopped_at_once(
    ask: Ask, save: Save, analyst: Actor
) -> None:
    draft = (analyst, AnalysisKind.GENERAL, AnalysisStatus.DRAFT)
    id_ = spell(await an_analysis_of(save, *draft))
    await run(ask, id_)
    payload = (await ask(CANCEL, id=id_))["analysisCancel"]
    assert payload["analysis"]["status"] == "CANCELLED"
    found = (await ask(FOUND, id=id_))["analysis"]
    assert found["job"]["status"] == "CANCELLED"
    assert found["completedAt"]
    assert errors((await ask(RUN, id=id_))["analysisRun"]) == [
        ("INVALID_TRANSITION", ["id"])
    ]


async def test_progress_is_followed_to_the_end(
    ask: Ask, listen: Listen, dataset: str
) -> None:
    id_ = await analysed(ask, "GENERAL", dataset=dataset)
    await run(ask, id_)
    events = await listen(PROGRESS, id=id_)
    async with asyncio.timeout(30):
        told = [event["analysisProgress"] async for event in events]
    assert told[-1] == {
        "status": "COMPLETED",
        "job": {"status": "COMPLETED", "progress": 1.0},
    }
    shares = [one["job"]["progress"] for one in told]
    assert shares == sorted(shares)


async def test_what_nobody_runs_is_told_once(
    listen: Listen, save: Save, analyst: Actor, someone: Someone
) -> None:
    for owner, count in ((analyst, 1), (await someone(), 0)):
        draft = (owner, AnalysisKind.GENERAL, AnalysisStatus.DRAFT)
        events = await listen(PROGRESS, id=spell(await an_analysis_of(save, *draft)))
        async with asyncio.timeout(5):
            assert len([event async for event in events]) == count


async def test_an_analysis_goes_with_its_points_and_its_map_stays(
    ask: Ask, save: Save, analyst: Actor, database: Database
) -> None:
    running = (analyst, AnalysisKind.MONITORING, AnalysisStatus.RUNNING)
    analysis = await an_analysis_of(save, *running)
    point = await save(a_point(analysis, ReductionResult(id=analysis.dinsight_id)))
    dataset = a_dataset(analyst, id=analysis.dataset_id)
    await save(an_anomaly(point, dataset))
    deleted = (await ask(DELETE, id=spell(analysis)))["analysisDelete"]
    assert deleted == {"deletedId": spell(analysis), "userErrors": []}
    assert await counted(database, MonitorPoint) == 0
    assert await counted(database, ReductionResult) == 1
    again = (await ask(DELETE, id=spell(analysis)))["analysisDelete"]
    assert errors(again) == [("NOT_FOUND", ["id"])]


@pytest.mark.parametrize("status", [AnalysisStatus.PENDING, AnalysisStatus.RUNNING])
async def test_while_a_worker_is_at_it_an_analysis_stays(
    ask: Ask, save: Save, analyst: Actor, status: AnalysisStatus
) -> None:
    busy = (analyst, AnalysisKind.REDUCTION, status)
    analysis = await an_analysis_of(save, *busy)
    payload = (await ask(DELETE, id=spell(analysis)))["analysisDelete"]
    assert errors(payload) == [("CONFLICT", ["id"])]
