"""What the columns of a canonical file are like, in bounded memory."""

from collections.abc import Iterator
from typing import Any

from compute import progress
from compute.tables.arrow import BOOLEAN, FLOAT, INTEGER, NAMES, TEXT, Kind, parquet, pc
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
                     topApproximate beyond 100,000 different texts)
    timestamp        earliest, latest
    boolean          true, false
    """
    file = parquet.ParquetFile(path, pre_buffer=False)
    with file:
        found: dict[int, dict[str, Any]] = {}
        for block in _blocks(file):
            found |= _described(file, block)
            progress.report(len(found) / len(file.schema_arrow))
    return [found[number] for number in sorted(found)]


def _blocks(file: Any) -> Iterator[list[int]]:
    """Columns of one sort, as many at a time as memory allows."""
    types = file.schema_arrow.types
    held = min(file.metadata.num_rows, EXACT)
    for is_text, most in ((False, NUMBERS_HELD), (True, TEXTS_HELD)):
        columns = [at for at, kind in enumerate(types) if (kind == TEXT) == is_text]
        width = max(1, most // held)
        for start in range(0, len(columns), width):
            yield columns[start : start + width]


def _described(file: Any, block: list[int]) -> dict[int, dict[str, Any]]:
    fields = [file.schema_arrow.field(at) for at in block]
    bounds = [_bounds(file.metadata, at) for at in block]
    counted = [
        _figures(field.type, file.metadata.num_rows - nulls, ends)
        for field, (nulls, ends) in zip(fields, bounds, strict=True)
    ]
    for groups in _spans(file, fields[0].type):
        table = file.read_row_groups(groups, columns=[field.name for field in fields])
        for field, figures in zip(fields, counted, strict=True):
            values = pc.drop_null(table.column(field.name))
            if len(values):
                figures.add(values)
    return {
        at: {
            "name": field.name,
            "type": NAMES[field.type],
            "nulls": nulls,
            "uniques": figures.distinct.count(),
            "uniquesApproximate": figures.distinct.approximate,
            **figures.figures(),
        }
        for at, field, (nulls, _), figures in zip(
            block, fields, bounds, counted, strict=True
        )
    }


def _spans(file: Any, kind: Kind) -> Iterator[list[int]]:
    """Row groups to read together: one of texts, of others up to a million rows."""
    groups = list(range(file.metadata.num_row_groups))
    most = 1 if kind == TEXT else max(1, EXACT // file.metadata.row_group(0).num_rows)
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


def _bounds(metadata: Any, column: int) -> tuple[int, tuple[float, float]]:
    """How many nulls a column has, and its least and greatest value."""
    found = [
        metadata.row_group(group).column(column).statistics
        for group in range(metadata.num_row_groups)
    ]
    nulls = sum(group.null_count for group in found)
    known = [group for group in found if group.has_min_max]
    if not known or isinstance(known[0].min, str):
        return nulls, (0, 0)
    return nulls, (min(g.min for g in known), max(g.max for g in known))
