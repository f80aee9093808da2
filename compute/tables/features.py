"""The numbers of a canonical file as a matrix, and what stands beside them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compute import progress
from compute.tables.arrow import FLOAT, INTEGER, parquet, pc
from compute.tables.cells import Cell, cells
from compute.tables.errors import TableError, shown
from compute.tables.schemas import EXPECTED

Floats = NDArray[np.float64]


def read_features(path: str | Path, columns: Sequence[str]) -> Floats:
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


def _gap(name: str, row: int, value: object) -> TableError:
    found = "the cell is empty" if value is None else f"{shown(value)} is no number"
    return TableError(f"row {row + 1}: {found}; {EXPECTED}", column=name)
