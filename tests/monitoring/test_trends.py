"""Wear: whether points depart from normal more and more."""

from typing import Any

import pytest

from db.models import AnalysisKind
from resolvers.access import Actor
from resolvers.monitoring import trends
from schema import schema
from tests.compute.spectra import spectra
from tests.conftest import As, Ask, Save
from tests.journeys import codes
from tests.monitoring.conftest import WIDTH, Known, Machine, a_machine

WEAR = """query ($id: ID!, $by: String!) { analysis(id: $id) { wearTrend(by: $by) {
  direction slope tau pValue aboveFrom } } }"""
STEPS = 40
MISSING = "'life' is missing in the metadata of point 1; a number is expected in each"


async def wear(machine: Machine, by: str = "life") -> Any:
    found = await machine.ask(WEAR, id=machine.analysis, by=by)
    return found["analysis"]["wearTrend"]


async def lived(machine: Machine, *, wears: bool) -> None:
    """A life of a machine, sent in parts that are not in its order."""
    rows = [
        spectra(1, wear=2 * n / STEPS * wears, seed=100 + n, width=WIDTH)[0]
        for n in range(STEPS)
    ]
    sent = [
        {"values": row.tolist(), "metadata": {"life": n / STEPS, "name": "x"}}
        for n, row in enumerate(rows)
    ]
    for part in (sent[1::2], sent[::2]):
        payload = await machine.ingest(part)
        assert payload["userErrors"] == []


async def test_a_machine_that_wears_is_told_from_one_that_does_not(
    machine: Machine, ask: Ask, save: Save, analyst: Actor, tmp_path: Any
) -> None:
    await lived(machine, wears=True)
    worn = await wear(machine)
    assert worn["direction"] == "RISING"
    assert worn["slope"] > 0
    assert worn["tau"] > 0.5
    assert worn["pValue"] < 1e-6
    assert 0 < worn["aboveFrom"] < 1
    well = await a_machine(ask, save, analyst, machine.known, tmp_path)
    await lived(well, wears=False)
    assert (await wear(well))["direction"] == "NONE"


@pytest.mark.parametrize(
    ("metadata", "by", "said"),
    [
        ([{"life": 1}, {}, {"life": 3}], "life", MISSING),
        ([{"life": 1}, {"life": "2"}, {"life": 3}], "life", "'life' is '2' in the"),
        ([{"life": 1}, {"life": True}, {"life": 3}], "life", "'life' is True in the"),
        ([{"life": 1}, {"life": None}, {"life": 3}], "life", "'life' is None in the"),
        ([{"life": 1}] * 3, "life", "no trend by 'life': all 3 rows have the order"),
        ([{"life": 1}, {"life": 2}], "life", "no trend by 'life': a trend needs at"),
        ([], "age", "no trend by 'age': a trend needs at least 3 rows"),
    ],
)
async def test_a_trend_along_what_tells_none_is_a_bad_request(
    as_: As, machine: Machine, metadata: list[Any], by: str, said: str
) -> None:
    for one in metadata:
        sent = machine.points(".")[0]
        await machine.ingest([{**sent, "metadata": one}])
    given = {"id": machine.analysis, "by": by}
    result = await schema.execute(WEAR, given, context_value=as_())
    [error] = result.errors or []
    assert (error.extensions or {})["code"] == "BAD_REQUEST"
    assert said in error.message


async def test_a_trend_of_too_many_points_is_a_bad_request(
    as_: As, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trends, "MOST", 3)
    for n in range(4):
        sent = machine.points(".")[0]
        await machine.ingest([{**sent, "metadata": {"life": n}}])
    given = {"id": machine.analysis, "by": "life"}
    assert await codes(as_, WEAR, **given) == ["BAD_REQUEST"]
    monkeypatch.setattr(trends, "MOST", 4)
    assert (await wear(machine))["direction"] in {"NONE", "RISING", "FALLING"}


async def test_what_is_not_watched_does_not_wear(
    as_: As, ask: Ask, save: Save, analyst: Actor, known: Known, tmp_path: Any
) -> None:
    given = {"kind": AnalysisKind.REDUCTION}
    machine = await a_machine(ask, save, analyst, known, tmp_path, **given)
    asked = {"id": machine.analysis, "by": "life"}
    assert await codes(as_, WEAR, **asked) == ["BAD_REQUEST"]
