"""Predictions of a window, beside those of another and beside a table."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from compute.drift.lots import Lot, Value
from compute.drift.options import Options
from compute.drift.records import Record
from compute.drift.windows import compared_inputs, compared_windows
from compute.tables.arrow import parquet
from compute.tables.errors import TableError

LONG = 2**53 + 1
"""A whole number that no float is."""


def lot(inputs: Sequence[Mapping[str, Value]]) -> Lot:
    return Lot(len(inputs), [Record("spam", 0.9)] * len(inputs), list(inputs))


def both(path: Path) -> tuple[Path, Path]:
    return path / "reference", path / "current"


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([True, None, False], "bool"),
        ([1, 2.5, None], "double"),
        ([LONG], "double"),
        (["a", None], "string"),
        ([1, "a", True], "string"),
        ([None], "string"),
    ],
)
def test_a_column_of_inputs_has_the_type_of_its_values(
    tmp_path: Path, values: Sequence[Value], kind: str
) -> None:
    some = lot([{"x": value} for value in values])
    compared_windows(some, some, both(tmp_path))
    assert str(parquet.read_schema(both(tmp_path)[0]).field("x").type) == kind


def test_what_an_input_does_not_say_is_missing(tmp_path: Path) -> None:
    inputs: list[Mapping[str, Value]] = [{"a": 1}, {"b": "x"}]
    compared_windows(lot(inputs), lot(inputs), both(tmp_path))
    rows = parquet.read_table(both(tmp_path)[0]).to_pylist()
    assert rows == [{"a": 1.0, "b": None}, {"a": None, "b": "x"}]


@pytest.mark.parametrize("inputs", [[], [{}] * 30])
def test_without_columns_only_what_was_said_is_compared(
    tmp_path: Path, inputs: list[Any]
) -> None:
    report = compared_windows(lot(inputs), lot(inputs), both(tmp_path))
    assert report["inputs"] is None
    assert report["verdict"] == report["predictions"]["verdict"]


def test_a_table_is_compared_by_the_columns_that_a_model_is_asked(
    tmp_path: Path,
) -> None:
    table, path = both(tmp_path)
    rows = lot([{"a": place % 7, "target": "x"} for place in range(50)])
    compared_windows(rows, rows, (table, path))
    asked = lot([{"a": place % 7} for place in range(50)])
    report = compared_inputs(table, asked, path)
    assert [one["name"] for one in report["inputs"]["columns"]] == ["a"]
    assert report["inputs"]["schema"]["missing"] == []
    with pytest.raises(TableError, match="no such column"):
        compared_inputs(table, asked, path, Options(columns=["b"]))
    with pytest.raises(ValueError, match="no inputs with columns"):
        compared_inputs(table, lot([]), path)
