"""The rows of a table that can be learnt from, as a plan says."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compute.learning.models import Examples
from compute.learning.plans import FEWEST, LABELS, Plan, Task
from compute.tables.arrow import FLOAT, INTEGER, NAMES, Array, parquet, pc
from compute.tables.errors import TableError, shown
from compute.tables.features import require


def read(path: str | Path, plan: Plan) -> tuple[Examples, list[str]]:
    """The examples in a canonical file, and warnings about what was left out.

    Raises TableError, naming the column, for what cannot be learnt from.
    """
    with parquet.ParquetFile(path) as file:
        require(file, [plan.target])
        names = _features(file.schema_arrow, plan)
        require(file, names)
        table = file.read(columns=[plan.target, *names]).combine_chunks()
    there, warnings = _usable(table, plan, names)
    table = table.filter(there)
    if len(table) < FEWEST:
        raise TableError(
            f"there are {len(table)} rows to learn from, and {FEWEST} are the fewest"
        )
    target, labels = _target(table.column(plan.target), plan)
    columns = {name: table.column(name).combine_chunks() for name in names}
    kinds = {name: NAMES[column.type] for name, column in columns.items()}
    return Examples(columns, kinds, target, labels), warnings


def _features(schema: Any, plan: Plan) -> list[str]:
    """The columns that the target is foretold by."""
    names = list(dict.fromkeys(plan.features or ()))
    if plan.target in names:
        raise TableError("the target cannot be a feature as well", column=plan.target)
    if plan.task is Task.TEXT_CLASSIFICATION:
        return [_text(schema, plan, names)]
    if not names:
        names = [name for name in schema.names if name != plan.target]
    if not names:
        raise TableError(f"there is no column beside the target, {shown(plan.target)}")
    return names


def _text(schema: Any, plan: Plan, names: Sequence[str]) -> str:
    """The column of texts: the one that is said, or the only one there is."""
    kinds: Mapping[str, str] = {one.name: NAMES[one.type] for one in schema}
    texts = [name for name, kind in kinds.items() if kind == "text"]
    found = names or [name for name in texts if name != plan.target]
    if len(found) != 1:
        told = ", ".join(map(shown, found)) or "none"
        raise TableError(
            f"a text is classified by one column of texts, which `features` names; "
            f"here are {len(found)}: {told}"
        )
    if found[0] in kinds and found[0] not in texts:
        raise TableError(
            f"the column holds {kinds[found[0]]} values, and texts are needed",
            column=found[0],
        )
    return found[0]


def _usable(table: Any, plan: Plan, names: Sequence[str]) -> tuple[Array, list[str]]:
    """Which rows have what is needed, and what is to be said of the others."""
    texts = names if plan.task is Task.TEXT_CLASSIFICATION else ()
    there, warnings = pc.is_valid(table.column(plan.target)), list[str]()
    if not pc.any(there).as_py():
        raise TableError("all cells of the target are empty", column=plan.target)
    for name in (plan.target, *texts):
        there = pc.and_(there, pc.is_valid(table.column(name)))
        if gaps := table.column(name).null_count:
            noun = "row is" if gaps == 1 else "rows are"
            warnings.append(
                f"{gaps} {noun} left out: column {shown(name)} is empty there"
            )
    return there, warnings


def _target(column: Array, plan: Plan) -> tuple[NDArray[Any], tuple[str, ...] | None]:
    """What is to be foretold of each row: numbers, or places of labels and these."""
    if pc.count_distinct(column).as_py() == 1:
        raise TableError(
            f"the target is {shown(column[0].as_py())} in all rows, so that there is "
            "nothing to learn",
            column=plan.target,
        )
    if plan.task is Task.REGRESSION:
        return _numbers(column, plan.target), None
    return _labels(column, plan.target)


def _numbers(column: Array, name: str) -> NDArray[np.float64]:
    if column.type not in {INTEGER, FLOAT}:
        raise TableError(
            f"the target holds {NAMES[column.type]} values, and regression needs "
            "numbers",
            column=name,
        )
    numbers = pc.cast(column, FLOAT, safe=False).to_numpy()
    endless = np.flatnonzero(~np.isfinite(numbers))
    if len(endless):
        value = float(numbers[endless[0]])
        raise TableError(f"{value} is no number to learn from", column=name)
    return numbers


def _labels(column: Array, name: str) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    counted = pc.value_counts(column.combine_chunks()).to_pylist()
    if len(counted) > LABELS:
        raise TableError(
            f"the target has {len(counted)} different values, and {LABELS} labels are "
            "the most",
            column=name,
        )
    counts = {_label(one["values"], name): one["counts"] for one in counted}
    for label, count in counts.items():
        if count < 2:
            raise TableError(
                f"the label {shown(label)} has one row, and 2 are the fewest",
                column=name,
            )
    labels = tuple(sorted(counts))
    places = {label: place for place, label in enumerate(labels)}
    target = (places[_label(one, name)] for one in column.to_pylist())
    return np.fromiter(target, np.int64, len(column)), labels


def _label(value: object, name: str) -> str:
    """A value of the target as a label: 1 as `1`, true as `true`."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return str(int(value))
    raise TableError(
        f"{shown(value)} is no label; labels are texts, whole numbers, true or false",
        column=name,
    )
