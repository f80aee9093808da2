"""Some rows of a canonical file, always the same ones, some columns at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compute.drift.options import KEPT, Kind
from compute.tables.arrow import (
    BOOLEAN,
    FLOAT,
    MOMENT,
    NAMES,
    TEXT,
    Array,
    Batch,
    pa,
    pc,
)

MOST_ROWS = 50_000
"""Rows of a side that are compared; of more, so many are drawn."""

KINDS = {
    name: Kind.NUMBER if name in {"integer", "float"} else Kind(name)
    for name in NAMES.values()
}
TYPES = {
    Kind.NUMBER: FLOAT,
    Kind.BOOLEAN: BOOLEAN,
    Kind.TEXT: TEXT,
    Kind.TIMESTAMP: MOMENT,
}


def drawn(rows: int, most: int, seed: int) -> NDArray[np.int64]:
    """The places of all rows, or of `most` drawn at random, in their order."""
    if rows <= most:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))


@dataclass(frozen=True, slots=True)
class Side:
    """A canonical file, and which of its rows are compared."""

    file: Any
    rows: NDArray[np.int64]

    @property
    def total(self) -> int:
        return self.file.metadata.num_rows

    @property
    def types(self) -> dict[str, str]:
        """What the types of its columns are called, by name."""
        return {field.name: NAMES[field.type] for field in self.file.schema_arrow}

    def read(self, names: Sequence[str]) -> Batch:
        """The rows that are compared; never more than them and one row group."""
        names, start = list(names), 0
        found = [self.file.schema_arrow.empty_table().select(names)]
        for group in range(self.file.metadata.num_row_groups):
            end = start + self.file.metadata.row_group(group).num_rows
            first, last = np.searchsorted(self.rows, (start, end))
            if first < last:
                table = self.file.read_row_group(group, columns=names)
                chosen = table.select(names).take(self.rows[first:last] - start)
                found.append(_cut(chosen))
            start = end
        return pa.concat_tables(found)

    def empty(self, name: str) -> bool:
        """Whether a column has no value in any row."""
        return all(group.num_values == 0 for group in self._statistics(name))

    def bounds(self, name: str) -> tuple[float, float] | None:
        """The least and greatest number of a column in all rows, if it has any."""
        known = [group for group in self._statistics(name) if group.has_min_max]
        if not known:
            return None
        return min(group.min for group in known), max(group.max for group in known)

    def lacks(self, name: str, texts: Array) -> Array:
        """Which of some texts are in no row at all, compared or not."""
        groups = self.file.metadata.num_row_groups if len(self.rows) < self.total else 0
        for group in range(groups):
            table = _cut(self.file.read_row_group(group, columns=[name]))
            known = pc.is_in(texts, value_set=table.column(name))
            texts = texts.filter(pc.invert(known))
        return texts

    def _statistics(self, name: str) -> list[Any]:
        """What the file says of a column, row group by row group."""
        metadata = self.file.metadata
        at = self.file.schema_arrow.get_field_index(name)
        groups = map(metadata.row_group, range(metadata.num_row_groups))
        return [group.column(at).statistics for group in groups]


def sampled(file: Any, seed: int) -> Side:
    """A canonical file, a pyarrow.parquet.ParquetFile, with rows drawn from it."""
    return Side(file, drawn(file.metadata.num_rows, MOST_ROWS, seed))


def typed(values: Array, kind: Kind) -> Array:
    """A column as one array of the type of its kind; what is all null has any kind."""
    if values.null_count == len(values):
        return pa.nulls(len(values), TYPES[kind])
    if kind is Kind.NUMBER:
        values = pc.add(pc.cast(values, FLOAT, safe=False), 0.0)  # -0 is 0
    return values.combine_chunks()


def _cut(table: Batch) -> Batch:
    """A table whose texts are KEPT characters long at most."""
    for at, field in enumerate(table.schema):
        if field.type == TEXT:
            texts = pc.utf8_slice_codeunits(table.column(at), 0, KEPT)
            table = table.set_column(at, field, texts)
    return table
