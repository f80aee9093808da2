"""The numbers of a canonical file as a matrix, and what stands beside them."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compute import progress
from compute.tables.arrow import FLOAT, INTEGER, parquet, pc
from compute.tables.cells import Cell, cells
from compute.tables.errors import TableError, shown

EXPECTED = "a feature has a number in every row"

Floats = NDArray[np.float64]
Schema = Sequence[Mapping[str, Any]]
"""The schema of a compute.tables.process.Table."""


def feature_columns(schema: Schema) -> list[str]:
    """Names of the columns that have a number in every row, in the file's order."""
    return [column["name"] for column in schema if _is_feature(column)]


def feature_range(
    schema: Schema, start: str, end: str, path: str | None = None
) -> list[str]:
    """Names of the columns from `start` to `end`, both included, in the file's order.

    Raises TableError, with the name as its `column`, if one of the two does not exist,
    if they stand the other way round, or if a column of the range has no number in
    some row; the first such row is told if the `path` of the canonical file is given.
    """
    names = [column["name"] for column in schema]
    for name in (start, end):
        if name not in names:
            known = f"the first is {shown(names[0])}, the last {shown(names[-1])}"
            raise TableError(f"there is no such column; {known}", column=name)
    first, last = names.index(start), names.index(end)
    if first > last:
        raise TableError(f"the column stands after the end, {shown(end)}", column=start)
    for column in schema[first : last + 1]:
        if not _is_feature(column):
            raise _no_feature(column, path)
    return names[first : last + 1]


def read_features(path: str, columns: Sequence[str]) -> Floats:
    """Numbers of some columns of a canonical file, shape (rows, columns).

    Raises TableError for a column that does not exist, and for one that has no number
    in some row, with the first such row, counted from 1 without the header.
    """
    with parquet.ParquetFile(path) as file:
        matrix = np.empty((file.metadata.num_rows, len(columns)))
        first = 0
        for block in _blocks(file, columns):
            matrix[first : first + len(block)] = block
            first += len(block)
    return matrix


def write_features(path: str, columns: Sequence[str], target: str) -> int:
    """Write what read_features gives to a file and return the number of rows.

    The file is nothing but little-endian floats of 64 bits, row after row.
    """
    with parquet.ParquetFile(path) as file, Path(target).open("wb") as matrix:
        matrix.writelines(
            block.astype("<f8").tobytes() for block in _blocks(file, columns)
        )
        return file.metadata.num_rows


def read_metadata(path: str, columns: Sequence[str]) -> list[dict[str, Cell]]:
    """Some columns of a canonical file, row by row, fit for JSON."""
    with parquet.ParquetFile(path) as file:
        require(file, columns)
        table = file.read(columns=list(columns))
    by_column = [cells(table.column(name)) for name in columns]
    return [
        dict(zip(columns, row, strict=True)) for row in zip(*by_column, strict=True)
    ]


def require(file: Any, columns: Sequence[str]) -> None:
    """Raise TableError if a canonical file has not all of the columns."""
    known = set(file.schema_arrow.names)
    for name in columns:
        if name not in known:
            raise TableError("there is no such column", column=name)


def _blocks(file: Any, columns: Sequence[str]) -> Iterator[Floats]:
    """The rows of one row group after the other."""
    require(file, columns)
    groups, first = file.metadata.num_row_groups, 0
    for group in range(groups):
        table = file.read_row_group(group, columns=list(columns))
        block = np.empty((table.num_rows, len(columns)))
        for at, name in enumerate(columns):
            values = table.column(name)
            gap = _first_gap(values)
            if gap is not None:
                raise _gap(name, first + gap, values[gap].as_py())
            block[:, at] = pc.cast(values, FLOAT, safe=False).to_numpy()
        yield block
        first += table.num_rows
        progress.report((group + 1) / groups)


def _first_gap(values: Any) -> int | None:
    """The first row, from 0, in which a column has no number."""
    if values.type not in {INTEGER, FLOAT}:
        return 0
    return (
        pc.index(pc.is_null(values), value=True).as_py() if values.null_count else None
    )


def _no_feature(column: Mapping[str, Any], path: str | None) -> TableError:
    if path:
        with parquet.ParquetFile(path) as file:
            try:
                list(_blocks(file, [column["name"]]))
            except TableError as error:
                return error
    what = "has empty cells" if column["nullable"] else f"holds {column['type']} values"
    return TableError(f"the column {what}; {EXPECTED}", column=column["name"])


def _gap(name: str, row: int, value: object) -> TableError:
    found = "the cell is empty" if value is None else f"{shown(value)} is no number"
    return TableError(f"row {row + 1}: {found}; {EXPECTED}", column=name)


def _is_feature(column: Mapping[str, Any]) -> bool:
    return column["type"] in {"integer", "float"} and not column["nullable"]
