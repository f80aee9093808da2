"""What the reference has never had: new texts, and numbers out of its range."""

from typing import Any

from compute.drift.options import Kind
from compute.drift.samples import Side
from compute.tables.arrow import Array, pc
from compute.tables.figures import SHOWN

TOP = 10
"""New texts that are listed."""


def novelties(
    name: str, kind: Kind, side: Side, reference: Array, current: Array
) -> dict[str, Any]:
    """What is new in a column, with its share of the values that are not null.

    side                the reference, of which all rows are asked
    reference, current  the rows that are compared
    """
    known, values = pc.drop_null(reference), pc.drop_null(current)
    if kind is Kind.TEXT:
        new = pc.invert(pc.is_in(values, value_set=known))
        return {
            "newValues": _texts(values, side.lacks(name, pc.unique(values.filter(new))))
        }
    if kind is Kind.NUMBER:
        return {"outOfRange": _outside(values, side.bounds(name))}
    return {}


def _texts(values: Array, new: Array) -> dict[str, Any]:
    """How many new texts there are, and the most frequent; equal ones by text."""
    counted = pc.value_counts(values.filter(pc.is_in(values, value_set=new)))
    pairs = zip(*(counted.field(at).to_pylist() for at in range(2)), strict=True)
    top = sorted(pairs, key=lambda pair: (-pair[1], pair[0]))
    return {
        "different": len(top),
        "share": sum(count for _, count in top) / max(len(values), 1),
        "top": [{"value": text[:SHOWN], "count": count} for text, count in top[:TOP]],
    }


def _outside(values: Array, bounds: tuple[float, float] | None) -> float | None:
    """The share of numbers beyond the bounds; none where there is nothing to say."""
    if not bounds or not len(values):
        return None
    numbers = values.to_numpy()
    return float(((numbers < bounds[0]) | (numbers > bounds[1])).mean())
