"""The columns of a table as numbers, of many rows and of one alike."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from math import hypot
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compute.learning.models import Examples, Floats
from compute.tables.arrow import FLOAT, INTEGER, MOMENT, ZONED, Array, pc
from compute.tables.errors import shown

LARGEST = 1e30
"""Numbers beyond it count as it: sums of all fit into single precision, for trees."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1e6
"""Microseconds."""


@dataclass(frozen=True, slots=True)
class Column:
    """How a column is written as cells of a row, all of them numbers.

    A text has a cell for each value, and one for those that occurred once; a value
    that did not occur has none. Anything else has one cell. Where there were gaps,
    one more tells whether this is one.
    """

    name: str
    kind: str
    gaps: bool
    """Whether there were any when the model was fitted."""
    fill: float = 0.0
    """What a gap counts as, unless the column is of texts: the median of the others."""
    origin: float = 0.0
    """Of moments: the earliest, in seconds since 1970; the cell counts from there."""
    values: Sequence[str] = ()
    rare: Sequence[str] = ()

    @property
    def plain(self) -> bool:
        """Whether the number that was given is the cell."""
        return not self.gaps and self.kind not in {"text", "timestamp"}

    @property
    def width(self) -> int:
        return len(self.cells(None))

    def cells(self, value: Any) -> list[float]:
        gap = [float(value is None)] if self.gaps else []
        if self.kind == "text":
            other = [float(value in self.rare)] if self.rare else []
            return [*(float(value == known) for known in self.values), *other, *gap]
        if value is None:
            return [self.fill, *gap]
        number = self._seconds(value) if self.kind == "timestamp" else bounded(value)
        return [number, *gap]

    def block(self, column: Array) -> Floats:
        """The cells of many values, shape (rows, width)."""
        if self.kind == "text":
            encoded = _whole(column).dictionary_encode(null_encoding="encode")
            known = [self.cells(value) for value in encoded.dictionary.to_pylist()]
            return np.array(known).reshape(-1, self.width)[encoded.indices.to_numpy()]
        values = numbers(column) - self.origin
        gap = np.isnan(values)
        filled = np.where(gap, self.fill, np.clip(values, -LARGEST, LARGEST))
        return np.stack([filled, gap] if self.gaps else [filled], axis=1)

    def _seconds(self, value: str) -> float:
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError(
                f"column {shown(self.name)}: {shown(value)} is not a moment; one is "
                "written as 2026-01-31T12:00:00Z"
            ) from None
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (aware - EPOCH) // timedelta(microseconds=1) / SECOND - self.origin


class Columns:
    """How rows are written as cells: first the columns that are but numbers."""

    def __init__(self, each: Sequence[Column]) -> None:
        self.each = tuple(each)
        self._plain = _getter([one.name for one in each if one.plain])
        self._others = [one for one in each if not one.plain]
        self.ordered = (*(one for one in each if one.plain), *self._others)
        widths = [one.width for one in self.ordered]
        self.owners: NDArray[np.int64] = np.repeat(np.arange(len(widths)), widths)
        """Of each cell, the place in `ordered` of its column."""

    @property
    def width(self) -> int:
        return len(self.owners)

    def row(self, given: Mapping[str, Any]) -> Floats:
        """The cells of one input."""
        try:
            cells = [*self._plain(given)]
            for one in self._others:
                cells += one.cells(given.get(one.name))
            if hypot(*cells) < LARGEST:
                return np.array(cells, np.float64)
        except (KeyError, OverflowError, TypeError):
            pass  # what is not a number of usual size takes the slower way
        rows = (one.cells(given.get(one.name)) for one in self.ordered)
        return np.array([cell for cells in rows for cell in cells], np.float64)

    def matrix(self, examples: Examples) -> Floats:
        """The cells of rows, shape (rows, width): of each what `row` gives."""
        matrix = np.empty((len(examples), self.width))
        for place, one in enumerate(self.ordered):
            matrix[:, self.owners == place] = one.block(examples.columns[one.name])
        return matrix

    def packed(self) -> list[dict[str, Any]]:
        """What `unpack` makes them of again, fit for JSON."""
        return [asdict(one) for one in self.each]


def unpack(packed: Sequence[Mapping[str, Any]]) -> Columns:
    return Columns([Column(**one) for one in packed])


def learnt(examples: Examples) -> Columns:
    """How the columns of some rows are best written as numbers."""
    return Columns(
        [
            _words(name, column) if kind == "text" else _numeric(name, kind, column)
            for name, column in examples.columns.items()
            for kind in [examples.kinds[name]]
        ]
    )


def numbers(column: Array) -> Floats:
    """The numbers of a column that is not of texts; NaN for a gap.

    True is 1, a moment the seconds since 1970; what is not finite is a gap.
    """
    if column.type in {MOMENT, ZONED}:
        moments = pc.cast(pc.cast(column, INTEGER), FLOAT, safe=False)
        column = pc.divide(moments, SECOND)
    values = pc.cast(column, FLOAT, safe=False).to_numpy(zero_copy_only=False)
    return np.where(np.isfinite(values), values, np.nan)


def bounded(number: float) -> float:
    """A number as a cell, which has no more than `LARGEST`."""
    return float(max(-LARGEST, min(LARGEST, number)))


def _getter(names: Sequence[str]) -> Callable[[Mapping[str, Any]], Iterable[Any]]:
    """What takes the values of some names out of an input, in a step if it can."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda given: [given[name] for name in names]


def _words(name: str, column: Array) -> Column:
    counts = pc.value_counts(pc.drop_null(_whole(column))).to_pylist()
    often = sorted(one["values"] for one in counts if one["counts"] > 1)
    rare = sorted(one["values"] for one in counts if one["counts"] == 1)
    gaps = column.null_count > 0
    return Column(name, "text", gaps, values=often, rare=rare)


def _numeric(name: str, kind: str, column: Array) -> Column:
    values = numbers(column)
    known = np.clip(values[~np.isnan(values)], -LARGEST, LARGEST)
    origin = float(known.min()) if kind == "timestamp" and len(known) else 0.0
    fill = float(np.median(known)) - origin if len(known) else 0.0
    return Column(name, kind, len(known) < len(values), fill, origin)


def _whole(column: Array) -> Array:
    """A column in one piece."""
    return column.combine_chunks() if hasattr(column, "combine_chunks") else column
