"""What the cells of a column are: the narrowest type that all of them fit."""

from dataclasses import dataclass

import numpy as np

from compute.tables.arrow import (
    BOOLEAN,
    FLOAT,
    INTEGER,
    MOMENT,
    TEXT,
    ZONED,
    Array,
    Kind,
    pa,
    pc,
)

ANY = (INTEGER, FLOAT, BOOLEAN, MOMENT, ZONED, TEXT)
"""Types in the order in which they are tried."""

YEAR_1 = -62_135_596_800_000_000
YEAR_10000 = 253_402_300_800_000_000
"""Microseconds since 1970 at the start of years 1 and 10,000."""


@dataclass
class Column:
    """What is known of a column after some of its rows."""

    declared: Kind | None = None
    """The type that the file says the column has, None in a CSV."""

    kind: Kind | None = None
    """None while all cells were empty."""

    endless: int | None = None
    """The first row, from 0, with a number that is not finite."""

    @property
    def is_float(self) -> bool:
        return self.kind == FLOAT

    def see(self, cells: Array, first_row: int) -> None:
        """Learn from further cells: text of a CSV, or values of a known type."""
        kind, values = read(cells, self.kind or self.declared)
        if values.null_count == len(values):
            return
        self.kind = kind
        if kind == FLOAT and self.endless is None:
            finite = pc.is_finite(values)
            if not pc.all(finite).as_py():
                self.endless = first_row + pc.index(finite, value=False).as_py()


def widest(first: Kind | None, second: Kind | None) -> Kind | None:
    """The narrowest type for values of both, None for no values."""
    if first is None or first == second:
        return second
    if second is None:
        return first
    return FLOAT if {first, second} == {INTEGER, FLOAT} else TEXT


def read(cells: Array, known: Kind | None) -> tuple[Kind, Array]:
    """Cells as values of the type known so far, or the next that they fit."""
    if cells.type != TEXT:
        return cells.type, cells
    if known is None:
        kinds = ANY
    elif known == INTEGER:
        kinds = (INTEGER, FLOAT, TEXT)
    else:
        kinds = (known, TEXT)
    for kind in kinds[:-1]:
        values = as_kind(cells, kind)
        if values is not None:
            return kind, values
    return TEXT, cells


def as_kind(cells: Array, kind: Kind) -> Array | None:
    """Text cells as values of a type, blanks around them aside; None if one is not."""
    if kind == TEXT:
        return cells
    values = _exactly(cells, kind)
    return _exactly(trimmed(cells), kind) if values is None else values


def trimmed(cells: Array) -> Array:
    """Text cells without blanks around them, null if nothing is left."""
    trimmed = pc.utf8_trim_whitespace(cells)
    return pc.if_else(pc.equal(trimmed, ""), None, trimmed)


def _exactly(cells: Array, kind: Kind) -> Array | None:
    if kind == BOOLEAN and not _true_or_false(cells):
        return None
    try:
        values = pc.cast(cells, kind)
    except pa.ArrowInvalid:
        return None
    if kind == INTEGER and _hexadecimal(cells):
        return None
    if kind in {MOMENT, ZONED} and not in_calendar(values):
        return None
    return values


def _true_or_false(cells: Array) -> bool:
    words = pa.array(["true", "false"])
    known = pc.is_in(pc.ascii_lower(pc.drop_null(cells)), value_set=words)
    return pc.all(known, min_count=0).as_py()


def _hexadecimal(cells: Array) -> bool:
    """Whether integers are written as 0x1F, which is read as a text here."""
    text = text_bytes(cells)
    return b"x" in text or b"X" in text


def in_calendar(values: Array) -> bool:
    """Whether all moments are in the years 1 to 9999."""
    bounds = pc.min_max(values.cast(pa.int64())).as_py()
    if bounds["min"] is None:
        return True
    return bounds["min"] >= YEAR_1 and bounds["max"] < YEAR_10000


def text_bytes(cells: Array) -> bytes:
    """The text of all cells in one, straight from memory."""
    if not len(cells):
        return b""
    _, offsets, data = cells.buffers()
    ends = np.frombuffer(offsets, np.int32)[[cells.offset, cells.offset + len(cells)]]
    return data[int(ends[0]) : int(ends[1])].to_pybytes() if data else b""
