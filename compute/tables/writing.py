"""The canonical file: one Parquet whose bytes follow from what was uploaded."""

from collections.abc import Iterable, Iterator
from typing import Any

from compute.tables.arrow import TEXT, Batch, pa, parquet

GROUP_CELLS = 1 << 20
GROUP_BYTES = 12 << 20
"""A row group has about so many cells, and at most so many bytes in memory."""


def write(batches: Iterable[Batch], schema: Any, target: str) -> None:
    """Write batches of rows in groups so small that a page of them is read cheaply."""
    rows = max(256, min(65_536, GROUP_CELLS // len(schema)))
    texts = [field.name for field in schema if field.type == TEXT]
    writer = parquet.ParquetWriter(
        target, schema, compression="zstd", compression_level=1, use_dictionary=texts
    )
    with writer:
        for group in _groups(batches, rows):
            writer.write_table(group, row_group_size=group.num_rows)


def _groups(batches: Iterable[Batch], rows: int) -> Iterator[Batch]:
    """Tables of so many rows each; fewer where the rows are large, and at the end."""
    waiting: list[Batch] = []
    for batch in batches:
        waiting.append(pa.Table.from_batches([batch]))
        table = pa.concat_tables(waiting)
        while table.num_rows >= rows:
            yield table.slice(0, rows)
            table = table.slice(rows)
        if table.nbytes > GROUP_BYTES:
            yield table
            table = table.slice(table.num_rows)
        waiting = [table]
    yield from (table for table in waiting if table.num_rows)
