"""A report says of each table what is known of it, and what is not."""

from typing import Any

import numpy as np
import pytest

from benchmarks.drift import drawn
from compute import progress
from compute.drift import samples, tables
from compute.drift.options import Options
from compute.tables.arrow import TEXT, pa
from compute.tables.errors import TableError
from tests.compute.drift.conftest import Compare, by_name


def table(seed: int = 0, rows: int = 200) -> dict[str, Any]:
    return drawn(np.random.default_rng(seed), rows)


def test_columns_without_variance_have_not_drifted(compare: Compare) -> None:
    same = {"one": np.ones(60), "none": pa.nulls(60, TEXT), "word": ["a"] * 60}
    report = compare(same, same)
    assert {column["verdict"] for column in report["columns"]} == {"NO_DRIFT"}
    assert report["joint"]["verdict"] == "UNKNOWN"
    assert report["verdict"] == "NO_DRIFT"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([1.0], [2.0]),
        (list("a"), list("b")),
        ([True], [False]),
        ([1.0], [None]),
        ([None], list("b")),
    ],
)
def test_a_constant_that_is_another_has_drifted(
    compare: Compare, before: list[Any], after: list[Any]
) -> None:
    report = compare({"c": before * 30}, {"c": after * 30})
    assert report["verdict"] == by_name(report)["c"]["verdict"] == "DRIFT"


def test_of_fewer_than_20_rows_nothing_is_known(compare: Compare) -> None:
    report = compare({"c": [1.0]}, {"c": list(range(1_000, 1_500))})
    assert report["verdict"] == by_name(report)["c"]["verdict"] == "UNKNOWN"
    assert report["joint"]["verdict"] == "UNKNOWN"
    [warning] = report["warnings"]
    assert warning.startswith("there are 1 rows in the reference and 500 to compare")


def test_of_few_rows_it_is_said_how_large_a_shift_is_noticed(compare: Compare) -> None:
    few, more = np.random.default_rng(0).standard_normal((2, 60))
    [warning] = compare({"c": few}, {"c": more})["warnings"]
    assert warning.endswith(
        " 0.69 standard deviations of a column of numbers may go unnoticed"
    )
    assert compare(table(), table(1))["warnings"] == []


def test_a_few_values_among_many_nulls_are_not_judged(compare: Compare) -> None:
    before = pa.array([None] * 90 + [1.0] * 10)
    after = pa.array([None] * 92 + [5.0] * 8)
    column = by_name(compare({"c": before}, {"c": after}))["c"]
    assert (column["verdict"], column["pValue"]) == ("UNKNOWN", None)
    assert column["nulls"]["pValue"] == pytest.approx(0.81, abs=0.01)


def test_more_nulls_are_drift(compare: Compare) -> None:
    numbers = np.random.default_rng(0).standard_normal(200)
    gaps = pa.array(numbers, mask=np.arange(200) % 5 == 0)
    column = by_name(compare({"c": numbers}, {"c": gaps}))["c"]
    assert column["verdict"] == "DRIFT"
    assert column["pValue"] > column["threshold"] > column["nulls"]["pValue"]
    assert (column["nulls"]["reference"], column["nulls"]["current"]) == (0, 0.2)


def test_columns_are_matched_by_name_and_type(compare: Compare) -> None:
    numbers, words = list(range(30)), list("abcde") * 6
    moments = pa.array(numbers, pa.timestamp("us"))
    before = {"a.b": numbers, "gone": words, "was": numbers, "at": moments}
    after = {"was": words, "new": words, "a.b": np.arange(30.0), "at": moments}
    report = compare(before, after)
    assert report["schema"] == {
        "missing": ["gone"],
        "added": ["new"],
        "retyped": [{"name": "was", "reference": "integer", "current": "text"}],
    }
    assert [column["name"] for column in report["columns"]] == ["a.b", "at"]
    assert by_name(report)["a.b"]["pValue"] == 1
    assert by_name(report)["at"]["verdict"] == "UNKNOWN"


def test_tables_without_a_common_column_say_that_nothing_is_compared(
    compare: Compare,
) -> None:
    report = compare({"a": list(range(200))}, {"b": list(range(200))})
    assert report["verdict"] == "UNKNOWN"
    assert report["warnings"] == [
        "the two have no column of one name and sort, so nothing is compared"
    ]


def test_new_texts_and_numbers_out_of_range_are_told(compare: Compare) -> None:
    before = {"word": ["ü", "b"] * 50, "number": np.arange(100)}
    after = {
        "word": ["日本"] * 3 + ["🜚"] * 2 + ["b"] * 95,
        "number": np.arange(20, 120),
    }
    columns = by_name(compare(before, after))
    assert columns["word"]["newValues"] == {
        "different": 2,
        "share": 0.05,
        "top": [{"value": "日本", "count": 3}, {"value": "🜚", "count": 2}],
    }
    assert columns["number"]["outOfRange"] == 0.2


def test_texts_that_hardly_repeat_are_compared_by_length(compare: Compare) -> None:
    random = np.random.default_rng(0)
    lengths = random.integers(5, 60, (3, 300))
    short, other, long = ([f"{random.random():.{n}f}" for n in row] for row in lengths)
    long = [f"and so on: {text}" for text in long]
    assert compare({"text": short}, {"text": other})["verdict"] == "NO_DRIFT"
    report = compare({"text": short}, {"text": long})
    assert report["verdict"] == "DRIFT"
    assert by_name(report)["text"]["compares"] == "LENGTHS"


def test_of_many_rows_some_are_compared_and_all_are_asked_for_new_values(
    compare: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples, "MOST_ROWS", 1_000)
    monkeypatch.setattr(tables, "JOINT_ROWS", 100)
    monkeypatch.setattr(tables, "NUMBERS_HELD", 2_000)
    before = {
        **table(rows=5_000),
        "id": np.arange(5_000).astype(str),
        "row": np.arange(5_000),
    }
    after = {
        **table(1, rows=4_000),
        "id": np.arange(4_000).astype(str),
        "row": np.arange(4_000),
    }
    report = compare(before, after)
    assert report["rows"]["reference"] == {
        "total": 5_000,
        "compared": 1_000,
        "jointly": 100,
    }
    assert by_name(report)["id"]["newValues"]["different"] == 0
    assert by_name(report)["row"]["outOfRange"] == 0
    assert [column["name"] for column in report["columns"]] == list(before)


def test_some_columns_can_be_chosen(compare: Compare) -> None:
    report = compare(table(), table(1), Options(columns=["speed", "age"]))
    assert [column["name"] for column in report["columns"]] == ["speed", "age"]
    with pytest.raises(TableError, match="column 'pace': there is no such column"):
        compare(table(), table(1), Options(columns=["pace"]))


@pytest.mark.parametrize("wrong", [{"alpha": 0.0}, {"alpha": 0.6}, {"seed": -1}])
def test_options_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="is expected"):
        Options(**wrong)


def test_more_than_2048_columns_are_refused(compare: Compare) -> None:
    wide = {f"c{at}": [1] for at in range(2_049)}
    with pytest.raises(ValueError, match="2049 columns; up to 2048 are compared"):
        compare(wide, wide)


def test_a_comparison_tells_how_far_it_is(compare: Compare) -> None:
    told: list[float] = []
    progress.listen(lambda share, _: told.append(share))
    try:
        compare(table(), table(1))
    finally:
        progress.listen(None)
    assert told == sorted(told)
    assert (len(told), told[-1]) == (11, 1)
