"""The numbers of a table as a matrix, and single pages of it."""

from pathlib import Path

import numpy as np
import pytest

from compute.tables.arrow import pa
from compute.tables.errors import TableError
from compute.tables.features import read_features, read_metadata, write_features
from compute.tables.preview import preview
from compute.tables.results import Table
from compute.tables.schemas import feature_columns, feature_range
from tests.compute.tables.conftest import Canonical

ROWS = 150_000


@pytest.fixture
def table(canonical: Canonical) -> Table:
    """Rows in several groups; f_2.5 has an empty cell far down."""
    count = np.arange(ROWS)
    gap = [None if n == 140_000 else n for n in range(ROWS)]
    return canonical(
        pa.table(
            {
                "id": [f"row {n}" for n in count],
                "f_0": count,
                "f_1": count / 4,
                "f_2": -count,
                "f_2.5": pa.array(gap, pa.float64()),
                "at": pa.array(count, pa.timestamp("s")),
            }
        )
    )


def test_features_are_the_columns_with_a_number_in_every_row(table: Table) -> None:
    assert feature_columns(table.schema) == ["f_0", "f_1", "f_2"]
    assert feature_range(table.schema, "f_0", "f_1") == ["f_0", "f_1"]
    assert feature_range(table.schema, "f_2", "f_2") == ["f_2"]


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        ("f_9", "f_1", "column 'f_9': there is no such column; the first is 'id', the"),
        ("f_0", "f_1024", "column 'f_1024': there is no such column"),
        ("f_2", "f_0", "column 'f_2': the column stands after the end, 'f_0'"),
        ("f_0", "f_2.5", "column 'f_2.5': the column has empty cells; a feature has a"),
        ("at", "at", "column 'at': the column holds timestamp values; a feature has"),
        ("id", "f_0", "column 'id': the column holds text values; a feature has"),
    ],
)
def test_a_range_that_cannot_be_is_told_with_the_column(
    table: Table, start: str, end: str, message: str
) -> None:
    with pytest.raises(TableError) as caught:
        feature_range(table.schema, start, end)
    assert str(caught.value).startswith(message)


def test_of_text_that_was_to_be_numbers_is_told_where_to_look(
    canonical: Canonical,
) -> None:
    table = canonical("a\nx\n" + "1\n" * 9)
    with pytest.raises(
        TableError, match="meant as numbers, see the version's warnings"
    ):
        feature_range(table.schema, "a", "a")
    assert "'x' is not a number" in table.warnings[0]


def test_features_are_read_in_the_order_asked_for(table: Table, target: str) -> None:
    matrix = read_features(target, ["f_1", "f_0"])
    count = np.arange(ROWS)
    assert matrix.dtype == np.float64
    assert np.array_equal(matrix, np.column_stack([count / 4, count]))


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ("f_2.5", "column 'f_2.5': row 140001: the cell is empty"),
        ("id", "column 'id': row 1: 'row 0' is no number"),
        ("f_3", "column 'f_3': there is no such column"),
    ],
)
def test_a_column_that_is_no_feature_is_not_read(
    table: Table, target: str, column: str, message: str
) -> None:
    with pytest.raises(TableError) as caught:
        read_features(target, ["f_0", column])
    assert str(caught.value).startswith(message)


def test_features_are_written_row_by_row(
    table: Table, target: str, tmp_path: Path
) -> None:
    matrix = str(tmp_path / "matrix")
    assert write_features(target, ["f_0", "f_2"], matrix) == ROWS
    written = np.fromfile(matrix, "<f8").reshape(-1, 2)
    assert np.array_equal(written, read_features(target, ["f_0", "f_2"]))


def test_metadata_are_rows_fit_for_json(table: Table, target: str) -> None:
    rows = read_metadata(target, ["at", "id"])
    assert len(rows) == ROWS
    assert rows[61] == {"at": "1970-01-01T00:01:01", "id": "row 61"}


@pytest.mark.parametrize("first", [0, 65_530, 131_000, ROWS - 3, ROWS, ROWS + 9])
def test_a_page_is_the_rows_asked_for(table: Table, target: str, first: int) -> None:
    page = preview(target, first, 10, ["f_0", "f_1"])
    assert page == [[n, n / 4] for n in range(first, min(first + 10, ROWS))]


def test_a_page_has_the_columns_asked_for(table: Table, target: str) -> None:
    assert preview(target, 1, 1, ["at", "f_2.5", "id"]) == [
        ["1970-01-01T00:00:01", 1, "row 1"]
    ]
    with pytest.raises(TableError, match=r"^column 'x': there is no such column"):
        preview(target, 0, 1, ["x"])
