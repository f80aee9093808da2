"""Points that are sent to be watched, by mutation."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from db.models import AnalysisKind, AnalysisStatus, Anomaly, MonitorPoint
from db.session import Database
from resolvers.access import Actor, BaseRole
from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.policy import Policy
from schema import schema
from tests.conftest import As, Ask, Save, Someone
from tests.journeys import INGEST, codes, counted, errors, last_entries, run
from tests.monitoring.conftest import Known, Machine, a_machine, moment

POINTS = """query ($id: ID!) { analysis(id: $id) { monitorPoints(
  first: 100, orderBy: {field: PROCESS_ORDER, direction: ASC}) { totalCount nodes {
  id processOrder timestamp x y distance threshold residual metadata monitorValues } }
} }"""
CANCEL = (
    "mutation ($id: ID!) { analysisCancel(input: {id: $id}) { userErrors { code } } }"
)


async def points(machine: Machine) -> list[Any]:
    found = await machine.ask(POINTS, id=machine.analysis)
    return found["analysis"]["monitorPoints"]["nodes"]


async def test_points_are_kept_in_order_and_scored(machine: Machine) -> None:
    sent = machine.points(".x.")
    sent[1] |= {"metadata": {"life": 0.5, "Ω": [None, {"a": 1}]}}
    payload = await machine.ingest(sent)
    assert payload == {
        "accepted": 3,
        "anomalyCount": 1,
        "lastProcessOrder": 2,
        "idempotencyReplayed": False,
        "analysis": {"id": machine.analysis},
        "userErrors": [],
    }
    kept = await points(machine)
    assert [one["processOrder"] for one in kept] == [0, 1, 2]
    assert [one["monitorValues"] for one in kept] == [one["values"] for one in sent]
    assert [one["timestamp"] for one in kept] == [moment(n) for n in range(3)]
    assert [one["metadata"] for one in kept] == [{}, sent[1]["metadata"], {}]
    assert [one["distance"] > one["threshold"] for one in kept] == [False, True, False]


async def test_a_point_scores_alone_as_it_does_in_a_batch(
    machine: Machine, ask: Ask, save: Save, analyst: Actor, tmp_path: Path
) -> None:
    together, alone = machine, await a_machine(
        ask, save, analyst, machine.known, tmp_path
    )  # fmt: skip
    await together.see(".x.x..")
    for n, one in enumerate(together.points(".x.x..")):
        assert (await alone.ingest([one]))["lastProcessOrder"] == n
    figures = ("x", "y", "distance", "residual")
    for one, other in zip(await points(together), await points(alone), strict=True):
        assert [one[name] for name in figures] == pytest.approx(
            [other[name] for name in figures], abs=1e-6
        )


async def test_places_may_leave_gaps_and_go_on_after_the_last(machine: Machine) -> None:
    sent = [*machine.points(".", 5), *machine.points("."), *machine.points(".", 90)]
    assert (await machine.ingest(sent))["lastProcessOrder"] == 90
    assert [one["processOrder"] for one in await points(machine)] == [5, 6, 90]
    assert (await machine.ingest(machine.points(".")))["lastProcessOrder"] == 91


@pytest.mark.parametrize(
    ("orders", "place", "said"),
    [
        ([3], 0, "process order 3 does not follow 3; more is expected"),
        ([2], 0, "process order 2 does not follow 3"),
        ([-1], 0, "process order -1 does not follow 3"),
        ([4, 5, 5], 2, "process order 5 does not follow 5"),
        ([None, None, 1, None], 2, "process order 1 does not follow 5"),
        ([2**31 - 1, None], 1, "a process order is at most 2147483647"),
    ],
)
async def test_a_place_that_is_taken_or_falls_is_refused_with_all_that_came_with_it(
    machine: Machine,
    database: Database,
    orders: list[int | None],
    place: int,
    said: str,
) -> None:
    await machine.see("....")
    sent = machine.points("." * len(orders))
    for one, order in zip(sent, orders, strict=True):
        one["processOrder"] = order
    payload = await machine.ingest(sent)
    assert errors(payload) == [("INVALID", ["points", str(place), "processOrder"])]
    assert said in payload["userErrors"][0]["message"]
    assert (payload["accepted"], payload["lastProcessOrder"]) == (0, None)
    assert await counted(database, MonitorPoint) == 4
    assert await last_entries(database, 1) == [
        ("monitorPointsIngest", "failure", "INVALID")
    ]


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"values": []}, "values", "a point has 16 values on this map, not 0"),
        ({"values": [1.0] * 15}, "values", "a point has 16 values on this map, not 15"),
        ({"values": [1.0] * 17}, "values", "a point has 16 values on this map, not 17"),
        ({"metadata": [1]}, "metadata", "metadata is an object"),
        ({"metadata": "x"}, "metadata", "metadata is an object"),
    ],
)
async def test_a_point_that_does_not_fit_is_refused_by_its_place(
    machine: Machine,
    database: Database,
    change: dict[str, Any],
    field: str,
    said: str,
) -> None:
    sent = machine.points("...")
    sent[1] |= change
    payload = await machine.ingest(sent)
    assert errors(payload) == [("INVALID", ["points", "1", field])]
    assert said in payload["userErrors"][0]["message"]
    assert await counted(database, MonitorPoint) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"values": [float("nan")] * 16},
        {"values": [float("inf")] * 16},
        {"values": ["1"] * 16},
        {"values": None},
        {"processOrder": 1.5},
        {"processOrder": 2**31},
        {"timestamp": "2026-11-20T12:00:00"},
        {"timestamp": "yesterday"},
    ],
)
async def test_a_point_that_is_none_is_a_bad_request(
    as_: As, machine: Machine, change: dict[str, Any]
) -> None:
    sent = [machine.points(".")[0] | change]
    given = {"input": {"analysis": machine.analysis, "points": sent}}
    assert set(await codes(as_, INGEST, **given)) == {"BAD_REQUEST"}


async def test_numbers_that_a_map_cannot_hold_are_refused(machine: Machine) -> None:
    sent = [machine.points(".")[0] | {"values": [1e308, -1e308] * 8}]
    payload = await machine.ingest(sent)
    assert payload["accepted"] == 1 or errors(payload)[0][0] == "INVALID"


@pytest.mark.parametrize("count", [0, 11])
async def test_so_many_points_are_taken_at_once(
    equipment: Equipment, machine: Machine, analyst: Actor, count: int
) -> None:
    small = Context(replace(equipment, policy=Policy(ingest_points=10)), analyst)
    given = {"analysis": machine.analysis, "points": machine.points("." * count)}
    result = await schema.execute(INGEST, {"input": given}, context_value=small)
    payload = (result.data or {})["monitorPointsIngest"]
    assert errors(payload) == [("INVALID", ["points"])]
    said = f"from 1 to 10 points are taken at once, not {count}"
    assert payload["userErrors"][0]["message"] == said


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"status": AnalysisStatus.DRAFT}, "this analysis is draft; run it before"),
        ({"status": AnalysisStatus.CANCELLED}, "this analysis is cancelled"),
        ({"kind": AnalysisKind.GENERAL}, "a general analysis takes no points"),
        ({"kind": AnalysisKind.REDUCTION}, "a reduction analysis takes no points"),
        ({"dinsight_id": None}, "the map this was to watch against is gone"),
    ],
)
async def test_an_analysis_that_does_not_watch_takes_no_points(
    ask: Ask,
    save: Save,
    analyst: Actor,
    known: Known,
    tmp_path: Path,
    columns: dict[str, Any],
    said: str,
) -> None:
    machine = await a_machine(ask, save, analyst, known, tmp_path, **columns)
    payload = await machine.ingest(machine.points("."))
    assert errors(payload) == [("CONFLICT", ["analysis"])]
    assert said in payload["userErrors"][0]["message"]


async def test_points_are_sent_to_an_analysis_of_ones_own(
    ask: Ask, save: Save, machine: Machine, someone: Someone, tmp_path: Path
) -> None:
    theirs = await a_machine(ask, save, await someone(), machine.known, tmp_path)
    for id_ in (theirs.analysis, f"analysis_{uuid7().hex}"):
        given = {"analysis": id_, "points": machine.points(".")}
        payload = (await ask(INGEST, input=given))["monitorPointsIngest"]
        assert errors(payload) == [("NOT_FOUND", ["analysis"])]


async def test_a_viewer_sends_no_points(
    as_: As, machine: Machine, someone: Someone
) -> None:
    given = {"input": {"analysis": machine.analysis, "points": machine.points(".")}}
    viewer = as_(await someone(BaseRole.VIEWER))
    result = await schema.execute(INGEST, given, context_value=viewer)
    assert [(one.extensions or {})["code"] for one in result.errors or []] == [
        "FORBIDDEN"
    ]


async def test_an_analysis_that_was_stopped_takes_points_once_it_is_run_again(
    ask: Ask, machine: Machine
) -> None:
    await machine.see(".")
    await ask(CANCEL, id=machine.analysis)
    refused = await machine.ingest(machine.points("."))
    assert errors(refused) == [("CONFLICT", ["analysis"])]
    await run(ask, machine.analysis)
    assert (await machine.ingest(machine.points(".")))["lastProcessOrder"] == 1


async def test_under_a_key_points_are_kept_once(
    machine: Machine, database: Database
) -> None:
    key = {"idempotencyKey": "mine"}
    first = await machine.ingest(machine.points("..x"), **key)
    second = await machine.ingest(machine.points("..x"), **key)
    third = await machine.ingest(machine.points("..."), **key)
    assert (first["accepted"], first["anomalyCount"]) == (3, 1)
    assert second == {**first, "idempotencyReplayed": True}
    assert errors(third) == [("IDEMPOTENCY_MISMATCH", ["idempotencyKey"])]
    assert await counted(database, MonitorPoint) == 3
    assert await counted(database, Anomaly) == 1


async def test_batches_that_come_at_once_follow_each_other(
    machine: Machine, database: Database
) -> None:
    async with asyncio.timeout(60):
        answers = await asyncio.gather(
            *(machine.ingest(machine.points("...")) for _ in range(10))
        )
    assert all(one["accepted"] == 3 for one in answers)
    orders = [one["processOrder"] for one in await points(machine)]
    assert orders == [*range(30)]
    assert await counted(database, MonitorPoint) == 30
