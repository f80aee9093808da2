"""A file of what turned out to be true: predictions, and their labels or numbers."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from compute.tables import sources
from compute.tables.errors import TableError, shown
from compute.tables.limits import Limits

MOST = 100_000
"""Rows of one file."""
COLUMNS = ("prediction", "actual_label", "actual_value", "comment")

Truth = tuple[str, str | None, float | None, str | None]
"""The id of a prediction, its label, its number, and a comment."""


def truths(path: str) -> list[Truth]:
    """What a file says, row by row. Raises TableError for one that will not do."""
    content = sources.opened(Path(path), None, Limits()).content
    _require(content.names)
    found: list[Truth] = []
    for batch in content.batches():
        found += _truths(content.names, batch, len(found))
        if len(found) > MOST:
            raise TableError(f"at most {MOST} truths are taken from one file")
    return found


def _require(names: list[str]) -> None:
    """Raise TableError for a header that says too little, or something else."""
    for name in names:
        if name not in COLUMNS:
            raise TableError(f"the columns are {', '.join(COLUMNS)}", column=name)
    if "prediction" not in names or not {"actual_label", "actual_value"} & {*names}:
        raise TableError(
            "the columns `prediction`, and `actual_label` or `actual_value`, are"
            " expected"
        )


def _truths(names: list[str], batch: Any, before: int) -> Iterator[Truth]:
    columns = {
        name: values.to_pylist()
        for name, values in zip(names, batch.columns, strict=True)
    }
    for row in range(batch.num_rows):
        one = {name: values[row] for name, values in columns.items()}
        id_, label, comment = (
            None if one.get(name) is None else str(one[name])
            for name in ("prediction", "actual_label", "comment")
        )
        value = _number(one.get("actual_value"), before + row)
        if id_ is None or (label is None and value is None):
            raise TableError(f"row {before + row + 1}: it says of nothing what is true")
        yield id_, label, value, comment


def _number(cell: Any, row: int) -> float | None:
    if cell is None:
        return None
    try:
        number = float(cell)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        said = f"row {row + 1}: {shown(cell)} is no finite number"
        raise TableError(said, column="actual_value")
    return number
