"""What the columns of a canonical file are like, in bounded memory."""

from collections.abc import Iterator
from typing import Any

from compute import progress
from compute.tables.arrow import (
    BOOLEAN,
    FLOAT,
    INTEGER,
    NAMES,
    TEXT,
    Kind,
    pa,
    parquet,
    pc,
)
from compute.tables.figures import Moments, Texts, Truths
from compute.tables.numbers import EXACT, Numbers

NUMBERS_HELD = 4_000_000
TEXTS_HELD = 250_000
"""Values of all columns looked at together that may be in memory."""


def profile(path: str) -> list[dict[str, Any]]:
    """Describe each column of a canonical file, in its order.

    Each has name, type, nulls and uniques (uniquesApproximate beyond 65,536, with an
    error of about 0.4 %), and by type:

    integer, float   min, max, mean, standardDeviation, quantiles and histogram (edges
                     and counts); quantilesApproximate where, beyond a million values,
                     they are those of a million drawn at random, the same ones always
    text             shortest, longest (characters), top (value and count, at most 10;
                     topApproximate beyond 50,000 different texts)
    timestamp        earliest, latest
    boolean          true, false
    """
    with parquet.ParquetFile(path, pre_buffer=False) as file:
        schema = file.schema_arrow
        found: dict[int, dict[str, Any]] = {}
        for block in _blocks(schema, file.metadata.num_rows):
            columns = [(at, schema.field(at)) for at in block]
            found |= zip(block, _described(file, columns), strict=True)
            progress.report(len(found) / len(schema))
    return [found[number] for number in sorted(found)]


def _blocks(schema: Any, rows: int) -> Iterator[list[int]]:
    """Columns of one sort, as many at a time as memory allows."""
    for is_text, most in ((False, NUMBERS_HELD), (True, TEXTS_HELD)):
        columns = [
            at for at, kind in enumerate(schema.types) if (kind == TEXT) == is_text
        ]
        width = max(1, most // min(rows, EXACT))
        for start in range(0, len(columns), width):
            yield columns[start : start + width]


def _described(file: Any, columns: list[tuple[int, Any]]) -> Iterator[dict[str, Any]]:
    bounds = [_bounds(file.metadata, at, field.type) for at, field in columns]
    counted = [
        _figures(field.type, file.metadata.num_rows - nulls, ends)
        for (_, field), (nulls, ends) in zip(columns, bounds, strict=True)
    ]
    names = [field.name for _, field in columns]
    for groups in _spans(file.metadata, columns[0][1].type):
        pa.default_memory_pool().release_unused()  # what reads and writes left behind
        table = file.read_row_groups(groups, columns=names)
        for name, figures in zip(names, counted, strict=True):
            values = pc.drop_null(table.column(name))
            if len(values):
                figures.add(values)
    for (_, field), (nulls, _), figures in zip(columns, bounds, counted, strict=True):
        uniques, approximate = figures.distinct.count()
        yield {
            "name": field.name,
            "type": NAMES[field.type],
            "nulls": nulls,
            "uniques": uniques,
            "uniquesApproximate": approximate,
            **figures.figures(),
        }


def _spans(metadata: Any, kind: Kind) -> Iterator[list[int]]:
    """Row groups to read together: one of texts, of others up to a million rows."""
    groups = list(range(metadata.num_row_groups))
    most = 1 if kind == TEXT else max(1, EXACT // metadata.row_group(0).num_rows)
    for start in range(0, len(groups), most):
        yield groups[start : start + most]


def _figures(
    kind: Kind, count: int, ends: tuple[float, float]
) -> Numbers | Texts | Moments | Truths:
    if kind in {INTEGER, FLOAT}:
        return Numbers(count, ends)
    if kind == TEXT:
        return Texts()
    return Truths() if kind == BOOLEAN else Moments(kind)


def _bounds(metadata: Any, column: int, kind: Kind) -> tuple[int, tuple[float, float]]:
    """How many nulls a column has, and the least and greatest of its numbers."""
    found = [
        metadata.row_group(group).column(column).statistics
        for group in range(metadata.num_row_groups)
    ]
    nulls = sum(group.null_count for group in found)
    known = [group for group in found if group.has_min_max]
    if kind not in {INTEGER, FLOAT} or not known:
        return nulls, (0, 0)
    return nulls, (min(g.min for g in known), max(g.max for g in known))
