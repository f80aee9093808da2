"""Predictions of a window compared: with those of another, or with a table."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from compute.drift.lots import Lot, Value
from compute.drift.options import Options
from compute.drift.predictions import prediction_drift
from compute.drift.reports import overall
from compute.drift.tables import compared
from compute.tables import writing
from compute.tables.arrow import BOOLEAN, FLOAT, TEXT, Array, pa

Report = dict[str, Any]


def compared_windows(
    reference: Lot,
    current: Lot,
    paths: tuple[Path, Path],
    options: Options | None = None,
) -> Report:
    """Whether a model says, and is asked, what it said and was asked before.

    paths  of two new files, for the inputs of either

    Half of the false alarms that are allowed is for what it says, and half for what it
    is asked. Raises as `compared` does.
    """
    options = options or Options()
    half = replace(options, alpha=options.alpha / 2)
    said = prediction_drift(reference.records, current.records, half)
    written = [_written(*one) for one in zip((reference, current), paths, strict=True)]
    asked = compared(*paths, half) if all(written) else None
    return {
        "verdict": overall([said, asked] if asked else [said]),
        "alpha": options.alpha,
        "rows": {"reference": reference.rows, "current": current.rows},
        "predictions": said,
        "inputs": asked,
        "warnings": said["warnings"],
    }


def compared_inputs(
    reference: Path, current: Lot, path: Path, options: Options | None = None
) -> Report:
    """Whether a model is asked what is in a table, such as the one it learnt from.

    path  of a new file, for the inputs

    Columns that it is not asked about are left out. Raises ValueError where it is asked
    about none, and as `compared` does.
    """
    options, names = options or Options(), _names(current)
    if not _written(current, path):
        raise ValueError("these predictions have no inputs with columns")
    asked = compared(
        reference, path, replace(options, columns=options.columns or names)
    )
    return {
        "verdict": asked["verdict"],
        "alpha": options.alpha,
        "rows": {"reference": asked["rows"]["reference"], "current": current.rows},
        "predictions": None,
        "inputs": asked,
        "warnings": asked["warnings"],
    }


def _written(lot: Lot, path: Path) -> bool:
    """Write the inputs as a table, and say whether they have a column at all."""
    if not (names := _names(lot)):
        return False
    columns = [_column([one.get(name) for one in lot.inputs]) for name in names]
    table = pa.table(dict(zip(names, columns, strict=True)))
    writing.write(table.to_batches(), table.schema, str(path))
    return True


def _names(lot: Lot) -> list[str]:
    return sorted({name for one in lot.inputs for name in one})


def _column(values: Sequence[Value]) -> Array:
    """Values as truths or numbers, if they are nothing else, or as texts."""
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, bool) for value in known):
        return pa.array(values, BOOLEAN)
    if known and not any(isinstance(value, bool | str) for value in known):
        return pa.array([None if one is None else float(one) for one in values], FLOAT)
    return pa.array([None if one is None else str(one) for one in values], TEXT)
