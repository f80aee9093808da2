"""Numbers that are written with more digits than a float keeps."""

from decimal import Decimal

from compute.tables.arrow import FLOAT, INTEGER, Array, pa, pc

KEPT = 17
"""Significant digits that a float always keeps."""

SUSPECTS = rf"^\s*[-+]?(\d{{16,}}\s*$|0*\.?0*[1-9](\.?\d){{{KEPT},}})"
"""Whole numbers over 2 to the 53, perhaps, and anything with digits to lose."""


def first_lost(cells: Array, values: Array) -> int | None:
    """The first of some cells whose digits a column of floats does not keep."""
    if values.type != FLOAT or cells.type == FLOAT:
        return None
    if cells.type == INTEGER:
        back = pc.cast(values, INTEGER, safe=False)
        return _first(pc.not_equal(cells, back))
    if (pc.max(pc.binary_length(cells)).as_py() or 0) < KEPT - 1:
        return None
    suspects = pc.indices_nonzero(pc.match_substring_regex(cells, SUSPECTS))
    lost = (row for row in suspects.to_pylist() if _loses(cells[row].as_py()))
    return next(lost, None)


def _loses(text: str) -> bool:
    """Whether a number, read as a float, is another than the one that is written."""
    number = Decimal(text.strip())
    kept = Decimal(float(number))
    whole = number == number.to_integral_value()
    digits = len(number.normalize().as_tuple().digits)
    return kept != number and (whole or digits > KEPT)


def _first(found: Array) -> int | None:
    at = pc.index(found, pa.scalar(value=True)).as_py()
    return None if at < 0 else at
