"""Several files of one header as the rows of one table."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from compute import progress
from compute.tables import kinds, sources
from compute.tables.arrow import TEXT, Array, Batch, Kind, pa, pc
from compute.tables.errors import TableError, shown
from compute.tables.limits import Limits
from compute.tables.remarks import Remarks
from compute.tables.sources import Source


def scanned(files: Sequence[str], limits: Limits) -> list[Source]:
    """Look at every row of every file, and that the headers are one."""
    tables: list[Source] = []
    for number, file in enumerate(files, 1):
        try:
            with progress.within((number - 1) / len(files), number / len(files)):
                tables.append(sources.scanned(Path(file), None, limits))
            _require_same_header(tables[0].names, tables[-1].names)
        except TableError as error:
            error.file = number if len(files) > 1 else None
            raise
    if sum(table.rows for table in tables) > limits.rows:
        raise TableError(f"the files have more than {limits.rows} rows together")
    return tables


def _require_same_header(expected: list[str], found: list[str]) -> None:
    for number, (first, other) in enumerate(zip(expected, found, strict=False), 1):
        if first != other:
            raise TableError(
                f"the first file has {shown(first)} here, and {shown(other)} was found;"
                " files of one header can be merged",
                column=number,
            )
    if len(expected) != len(found):
        raise TableError(
            f"the header has {len(found)} columns and that of the first file"
            f" {len(expected)}; files of one header can be merged",
            column=min(len(expected), len(found)) + 1,
        )


def schema(tables: list[Source]) -> Any:
    """Names, and the narrowest types that fit every cell of every file."""
    found: list[Kind | None] = [None] * len(tables[0].names)
    for table in tables:
        found = [
            kinds.widest(kind, column.kind)
            for kind, column in zip(found, table.columns, strict=True)
        ]
    known = [kind or TEXT for kind in found]
    return pa.schema(list(zip(tables[0].names, known, strict=True)))


def batches(tables: list[Source], schema: Any, remarks: Remarks) -> Iterator[Batch]:
    """The rows of all files as values; what is odd about them is noted."""
    for number, table in enumerate(tables):
        row = 0
        with progress.within(number / len(tables), (number + 1) / len(tables)):
            for batch in table.content.batches():
                values = [
                    _fitted(cells, kind)
                    for cells, kind in zip(batch.columns, schema.types, strict=True)
                ]
                remarks.see(number, row, batch.columns, values)
                row += batch.num_rows
                yield pa.record_batch(values, schema=schema)


def _fitted(cells: Array, kind: Kind) -> Array:
    if cells.type == TEXT:
        return kinds.as_kind(cells, kind)
    return pc.cast(cells, kind, safe=False)
