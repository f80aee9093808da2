"""Two lots of predictions compared: what was said, how surely, how often not."""

from collections.abc import Sequence
from typing import Any

from compute.drift.columns import Column, column
from compute.drift.options import COLUMNS_SHARE, JOINT_SHARE, Kind, Options
from compute.drift.records import Record
from compute.drift.reports import columns_report, overall, warnings
from compute.drift.samples import TYPES
from compute.tables.arrow import pa

KINDS = {
    "label": Kind.TEXT,
    "confidence": Kind.NUMBER,
    "value": Kind.NUMBER,
    "failed": Kind.BOOLEAN,
}


def prediction_drift(
    reference: Sequence[Record],
    current: Sequence[Record],
    options: Options | None = None,
) -> dict[str, Any]:
    """Whether predictions are distributed as others are, in the form of `compared`.

    The columns are label, confidence, value and failed, less those that no record has.
    """
    alpha = (options or Options()).alpha * (COLUMNS_SHARE + JOINT_SHARE)
    found = [_column(name, reference, current) for name in KINDS]
    found = [one for one in found if any(one.rows)]
    columns = columns_report(found, alpha)
    tests = sum(len(one.p_values) for one in found)
    return {
        "verdict": overall(columns),
        "alpha": (options or Options()).alpha,
        "rows": {"reference": len(reference), "current": len(current)},
        "failures": {"reference": _failures(reference), "current": _failures(current)},
        "columns": columns,
        "warnings": warnings(len(reference), len(current), tests, alpha),
    }


def _column(name: str, *sides: Sequence[Record]) -> Column:
    """A property of the records that have it."""
    kind = KINDS[name]
    values = [[getattr(record, name) for record in side] for side in sides]
    known = [[value for value in side if value is not None] for side in values]
    return column(name, kind, *(pa.array(side, TYPES[kind]) for side in known))


def _failures(records: Sequence[Record]) -> float | None:
    """The share that failed."""
    if not records:
        return None
    return sum(record.failed for record in records) / len(records)
