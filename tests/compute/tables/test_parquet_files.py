"""Parquet is as good as CSV, as long as it is a flat table."""

from datetime import UTC, datetime

import pytest

from compute.tables.arrow import pa
from compute.tables.checks import check
from compute.tables.errors import TableError
from compute.tables.preview import preview
from compute.tables.process import process
from tests.compute.tables.conftest import LIMITS, Write, packed

BAD: dict[str, tuple[object, str]] = {
    "a list": (pa.array([[1]]), "the type list"),
    "a struct": (pa.array([{"x": 1}]), "the type struct"),
    "a decimal": (pa.array([1]).cast(pa.decimal128(30, 2)), "the type decimal"),
    "bytes": (pa.array([b"x"]), "the type binary is not supported"),
    "NaN": (pa.array([1.0, float("nan")]), "row 2: nan is no finite number"),
    "infinity": (pa.array([float("inf")]), "row 1: inf is no finite number"),
    "a NUL": (pa.array(["x\0"]), "rows 1 to 1: a text has a NUL byte"),
    "too large": (pa.array([2**64 - 1], pa.uint64()), "rows 1 to 1: Integer value"),
    "a year": (pa.array([2**60], pa.timestamp("us")), "outside the years 1 to"),
    "no rows": (pa.array([], pa.int64()), "the file has no rows"),
    "a long text": (pa.array(["x" * ((1 << 20) + 1)]), "a text is longer than"),
}


@pytest.mark.parametrize("case", BAD.values(), ids=BAD.keys())
def test_parquet_that_is_no_flat_table_of_numbers_and_texts_is_refused(
    write: Write, case: tuple[object, str]
) -> None:
    values, message = case
    with pytest.raises(TableError) as caught:
        check(write(pa.table({"c": values})), "data.parquet", LIMITS)
    assert message in str(caught.value)


def test_a_column_whose_name_has_a_nul_is_refused(write: Write) -> None:
    with pytest.raises(TableError, match="name has a NUL"):
        check(write(pa.table({"a\0": [1]})), "data.parquet", LIMITS)


def test_parquet_of_every_supported_type_is_read_packed_too(
    write: Write, target: str
) -> None:
    moment = datetime(2013, 7, 4, tzinfo=UTC)
    content = {
        "i": pa.array([1, None], pa.int8()),
        "u": pa.array([1, 2], pa.uint64()),
        "f": pa.array([0.5, 1], pa.float32()),
        "b": [True, None],
        "t": ["x", "1"],
        "l": pa.array(["x", None], pa.large_string()),
        "d": pa.array(["x", "y"]).dictionary_encode(),
        "day": pa.array([moment.date(), None]),
        "t.z": pa.array([moment, None]).cast(pa.timestamp("ns", "Europe/Berlin")),
        "n": pa.nulls(2),
    }
    path = write(pa.table(content))
    table = process([write(packed(path))], target, LIMITS)
    assert [column["type"] for column in table.schema] == [
        *("integer", "integer", "float", "boolean", "text", "text", "text"),
        *("timestamp", "timestamp", "text"),
    ]
    day = "2013-07-04T00:00:00"
    first = [1, 1, 0.5, True, "x", "x", "x", day, f"{day}Z", None]
    second = [None, 2, 1, None, "1", None, "y", None, None, None]
    assert preview(target, 0, 9, list(content)) == [first, second]
