"""Two tables compared: each column they share, and all of them together."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from compute import progress
from compute.arrays import Double
from compute.drift.columns import Column, column
from compute.drift.joint import Joint, permuted
from compute.drift.novelties import novelties
from compute.drift.options import (
    COLUMNS_SHARE,
    FEWEST,
    JOINT_SHARE,
    Kind,
    Options,
)
from compute.drift.points import directions
from compute.drift.reports import columns_report, joint_report, overall, warnings
from compute.drift.samples import Side, drawn, sampled, typed
from compute.drift.schemas import Schemas, schemas
from compute.tables.arrow import parquet

JOINT_ROWS = 500
"""Rows of a side that the joint test sees; of more, so many are drawn."""

NOTHING_SHARED = "the two have no column of one name and sort, so nothing is compared"

READ = 0.8
"""The share of the work that is done before the joint test."""

NUMBERS_HELD, TEXTS_HELD = 4_000_000, 250_000
"""Values of a side that are in memory at a time."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is kept of a column once it has been read."""

    column: Column
    news: dict[str, Any]
    points: Double


def compared(
    reference: str | Path, current: str | Path, options: Options | None = None
) -> dict[str, Any]:
    """Whether a table is distributed as another is, as docs/models.md lays out.

    reference, current  canonical Parquet files

    The same files and options give the same report. Raises TableError for a column of
    the options that neither table has, and ValueError for tables of more than 2,048
    columns.
    """
    options = options or Options()
    with (
        parquet.ParquetFile(reference) as first,
        parquet.ParquetFile(current) as second,
    ):
        sides = sampled(first, options.seed), sampled(second, options.seed)
        shared = schemas(*sides, options.columns)
        seen = _seen(sides, shared, options.seed)
    joint = _joint(sides, [one.points for one in seen], options.seed)
    return _report(sides, shared, seen, joint, options)


def _seen(sides: tuple[Side, Side], shared: Schemas, seed: int) -> list[Seen]:
    """Look at the columns that both sides have, in the order of the reference."""
    found: dict[str, Seen] = {}
    places = [drawn(len(side.rows), JOINT_ROWS, seed) for side in sides]
    for names in _blocks(shared.shared, max(len(side.rows) for side in sides)):
        reference, current = (side.read(names) for side in sides)
        for name in names:
            kind = shared.shared[name]
            values = [typed(table.column(name), kind) for table in (reference, current)]
            joint = [one.take(rows) for one, rows in zip(values, places, strict=True)]
            found[name] = Seen(
                column(name, kind, *values),
                novelties(name, kind, sides[0], *values),
                directions(kind, *joint),
            )
            progress.report(READ * len(found) / len(shared.shared))
    return [found[name] for name in shared.shared]


def _blocks(kinds: dict[str, Kind], rows: int) -> Iterator[list[str]]:
    """Columns of one sort, as many at a time as memory allows."""
    for is_text, most in ((False, NUMBERS_HELD), (True, TEXTS_HELD)):
        names = [name for name, kind in kinds.items() if (kind is Kind.TEXT) == is_text]
        width = max(1, most // max(rows, 1))
        for start in range(0, len(names), width):
            yield names[start : start + width]


def _joint(sides: tuple[Side, Side], points: list[Double], seed: int) -> Joint | None:
    """Test all columns together; not of few rows, nor where all rows are alike."""
    rows = [min(len(side.rows), JOINT_ROWS) for side in sides]
    if min(rows) < FEWEST or not sum(one.shape[1] for one in points):
        return None
    return permuted(np.hstack(points), rows[0], seed)


def _report(
    sides: tuple[Side, Side],
    shared: Schemas,
    seen: list[Seen],
    joint: Joint | None,
    options: Options,
) -> dict[str, Any]:
    for_columns = options.alpha * COLUMNS_SHARE
    columns = columns_report([one.column for one in seen], for_columns)
    together = joint_report(joint, options.alpha * JOINT_SHARE)
    rows = len(sides[0].rows), len(sides[1].rows)
    tests = sum(len(one.column.p_values) for one in seen)
    progress.report(1)
    return {
        "verdict": overall([*columns, together]),
        "alpha": options.alpha,
        "rows": {"reference": _rows(sides[0]), "current": _rows(sides[1])},
        "schema": shared.report(),
        "columns": [
            {**told, **one.news} for told, one in zip(columns, seen, strict=True)
        ],
        "joint": together,
        "warnings": [
            *([] if shared.shared else [NOTHING_SHARED]),
            *warnings(*rows, tests, for_columns),
        ],
    }


def _rows(side: Side) -> dict[str, int]:
    return {
        "total": side.total,
        "compared": len(side.rows),
        "jointly": min(len(side.rows), JOINT_ROWS),
    }
