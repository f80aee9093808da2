"""A table that has changed is told from one that has not, whatever is in it."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.drift import broken, drawn, mixed, scaled, shifted
from compute.drift.joint import WIDEST
from compute.tables.arrow import TEXT, pa
from tests.compute.drift.conftest import Compare

SETTINGS = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
COLUMNS = {
    "number": st.none() | st.floats(-1e300, 1e300) | st.sampled_from([0.0, -0.0, 1.0]),
    "integer": st.none() | st.integers(-(2**63), 2**63 - 1),
    "truth": st.none() | st.booleans(),
    "text": st.none() | st.text(max_size=3) | st.sampled_from(["ü", "日本", "a"]),
    "moment": st.none() | st.datetimes(),
}
TYPES = {
    "number": pa.float64(),
    "integer": pa.int64(),
    "truth": pa.bool_(),
    "text": TEXT,
    "moment": pa.timestamp("us"),
}
SYMMETRICAL = ("test", "compares", "statistic", "pValue", "jensenShannon")


@st.composite
def columns(draw: st.DrawFn) -> dict[str, Any]:
    """A table of all types, whose rows repeat a few that are drawn."""
    count = draw(st.integers(1, 60))
    few = draw(st.integers(1, 12))
    random = np.random.default_rng(draw(st.integers(0, 99)))
    found: dict[str, Any] = {}
    for name, cells in COLUMNS.items():
        some = draw(st.lists(cells, min_size=few, max_size=few))
        chosen = [some[place] for place in random.integers(0, few, count)]
        found[name] = pa.array(chosen, TYPES[name])
    return found


@SETTINGS
@given(given=columns())
def test_a_table_has_not_drifted_from_itself(
    compare: Compare, given: dict[str, Any]
) -> None:
    report = compare(given, given)
    assert report["verdict"] in {"NO_DRIFT", "UNKNOWN"}
    assert {column["pValue"] for column in report["columns"]} <= {None, 1.0}
    assert {column["nulls"]["pValue"] for column in report["columns"]} <= {None, 1.0}
    assert report["joint"]["pValue"] in {None, 1.0}


@SETTINGS
@given(before=columns(), after=columns())
def test_any_two_tables_have_a_report_and_its_figures_have_their_ranges(
    compare: Compare, before: dict[str, Any], after: dict[str, Any]
) -> None:
    report = compare(before, after)
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    assert report == compare(before, after)
    for column in report["columns"]:
        assert column["pValue"] is None or 0 <= column["pValue"] <= 1
        assert column["psi"] is None or column["psi"] >= 0
        distance = column["jensenShannon"]
        assert distance is None or 0 <= distance <= 1
    assert report["joint"]["pValue"] is None or 0 < report["joint"]["pValue"] <= 1


@SETTINGS
@given(before=columns(), after=columns())
def test_the_sides_may_be_swapped(
    compare: Compare, before: dict[str, Any], after: dict[str, Any]
) -> None:
    there, back = compare(before, after)["columns"], compare(after, before)["columns"]
    for one, other in zip(there, back, strict=True):
        assert one["verdict"] == other["verdict"]
        for figure in SYMMETRICAL:
            assert one[figure] == pytest.approx(other[figure], abs=1e-12)


@SETTINGS
@given(before=columns(), after=columns(), seed=st.integers(0, 99))
def test_the_order_of_the_rows_does_not_matter_to_a_column(
    compare: Compare, before: dict[str, Any], after: dict[str, Any], seed: int
) -> None:
    order = np.random.default_rng(seed).permutation(len(after["number"]))
    shuffled = {name: values.take(order) for name, values in after.items()}
    report, other = compare(before, after), compare(before, shuffled)
    assert report["columns"] == other["columns"]


@pytest.mark.parametrize("change", [shifted, scaled, mixed, broken])
def test_a_change_is_found_in_most_tables_of_500_rows(
    compare: Compare, change: Any
) -> None:
    found = 0
    for seed in range(10):
        random = np.random.default_rng(seed)
        found += compare(drawn(random), change(random))["verdict"] == "DRIFT"
    assert found >= 7


def test_random_halves_are_hardly_ever_called_drift(compare: Compare) -> None:
    rows, alarms = pa.table(drawn(np.random.default_rng(0), 2_000)), 0
    for seed in range(40):
        order = np.random.default_rng(seed).permutation(2_000)
        sides = [rows.take(half) for half in np.split(order, 2)]
        report = compare(
            *(dict(zip(half.column_names, half, strict=True)) for half in sides)
        )
        alarms += report["verdict"] == "DRIFT"
    assert alarms <= 4


def test_a_broken_pair_among_twenty_columns_is_found_jointly(compare: Compare) -> None:
    random = np.random.default_rng(3)
    before, after = (
        {f"c{at}": random.standard_normal(500) for at in range(20)} for _ in range(2)
    )
    before["c1"] = 0.6 * before["c0"] + 0.8 * before["c1"]
    report = compare(before, after)
    assert {column["verdict"] for column in report["columns"]} == {"NO_DRIFT"}
    assert report["joint"]["verdict"] == report["verdict"] == "DRIFT"
    assert report["joint"]["kernelPValue"] > report["joint"]["productsPValue"]


def test_of_many_columns_principal_directions_are_tested(compare: Compare) -> None:
    random = np.random.default_rng(4)
    ways = random.standard_normal((3, 300))
    rows = random.standard_normal((400, 3)) @ ways + random.standard_normal((400, 300))
    before, after = (
        {f"f_{at}": half[:, at] for at in range(300)} for half in np.split(rows, 2)
    )
    assert compare(before, after)["joint"]["directions"] == WIDEST
    assert compare(before, after)["verdict"] == "NO_DRIFT"
    turned = random.standard_normal((200, 2)) @ ways[:2]
    after = {f"f_{at}": turned[:, at] for at in range(300)}
    assert compare(before, after)["joint"]["verdict"] == "DRIFT"
