"""One canonical table out of one or more uploaded files."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from compute import progress
from compute.tables import merging, writing
from compute.tables.limits import Limits
from compute.tables.profile import profile
from compute.tables.remarks import Remarks
from compute.tables.results import Table

READ, WRITTEN = 0.4, 0.75
"""Shares of the whole that are done after two of the three steps."""


def process(files: Sequence[str], target: str, limits: Limits) -> Table:
    """Merge files of one header into a canonical Parquet file and describe it.

    files    paths of files that check accepts, in the order of their rows
    target   where the canonical file is written; the same files give the same bytes
    limits   for each file, and for the rows of all

    The type of a column is the narrowest that fits every cell of every file: integer,
    float, boolean (true, false), timestamp (ISO 8601, all or none with an offset) or
    text. An empty cell is null.

    The warnings name, of each column of text in which nine of ten cells are numbers,
    the first that is none (so for the other types), of each column and file the first
    number whose digits a float does not keep, and columns that have one value or none.

    Raises TableError for files that check does not accept, for headers that differ
    and for too many rows.
    """
    with progress.within(0, READ):
        tables = merging.scanned(files, limits)
    schema = merging.schema(tables)
    remarks = Remarks.of(tables, schema)
    with progress.within(READ, WRITTEN):
        writing.write(merging.batches(tables, schema, remarks), schema, target)
    with progress.within(WRITTEN, 1):
        columns = profile(target)
    with progress.within(1, 1):
        warnings = remarks.warnings(columns)
    return Table(
        row_count=sum(table.rows for table in tables),
        column_count=len(schema),
        size_bytes=Path(target).stat().st_size,
        sha256=_digest(target),
        schema=[
            {"name": c["name"], "type": c["type"], "nullable": c["nulls"] > 0}
            for c in columns
        ],
        profile=columns,
        warnings=warnings,
    )


def _digest(path: str) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
