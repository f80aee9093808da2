"""Some rows of a canonical file."""

from collections.abc import Sequence

from compute.tables.arrow import parquet
from compute.tables.cells import Cell, cells
from compute.tables.features import require


def preview(
    path: str, first_row: int, rows: int, columns: Sequence[str]
) -> list[list[Cell]]:
    """Rows of a canonical file, fit for JSON; only the groups they lie in are read.

    first_row   counted from 0
    rows        at most so many; fewer where the file ends
    columns     names, in the order in which cells are wanted
    """
    if first_row < 0 or rows < 0:
        raise ValueError(
            f"rows from {first_row}, {rows} of them: 0 or more is expected"
        )
    with parquet.ParquetFile(path) as file:
        require(file, columns)
        groups: list[int] = []
        skipped = start = 0
        for group in range(file.metadata.num_row_groups):
            end = start + file.metadata.row_group(group).num_rows
            if end <= first_row:
                skipped = end
            elif start < first_row + rows:
                groups.append(group)
            start = end
        table = file.read_row_groups(groups, columns=list(columns))
    wanted = table.slice(first_row - skipped, rows)
    by_column = [cells(wanted.column(name)) for name in columns]
    return [list(row) for row in zip(*by_column, strict=True)]


def pick(path: str, rows: Sequence[int], columns: Sequence[str]) -> list[list[Cell]]:
    """Some rows of a canonical file, in their order, fit for JSON.

    rows     counted from 0, each in the file
    columns  names, in the order in which cells are wanted
    """
    found: dict[int, list[Cell]] = {}
    start = 0
    with parquet.ParquetFile(path) as file:
        require(file, columns)
        for group in range(file.metadata.num_row_groups):
            end = start + file.metadata.row_group(group).num_rows
            if here := sorted({row for row in rows if start <= row < end}):
                table = file.read_row_group(group, columns=list(columns))
                chosen = table.take([row - start for row in here])
                by_column = [cells(chosen.column(name)) for name in columns]
                picked = map(list, zip(*by_column, strict=True))
                found.update(zip(here, picked, strict=True))
            start = end
    return [found[row] for row in rows]
