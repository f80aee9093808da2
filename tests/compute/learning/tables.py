"""Tables to learn from, drawn at random."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from hypothesis import strategies as st

from compute.learning.models import Examples
from compute.tables.arrow import BOOLEAN, FLOAT, INTEGER, NAMES, TEXT, ZONED, pa
from compute.tables.cells import cells

CELLS: Mapping[Any, st.SearchStrategy[Any]] = {
    FLOAT: st.floats(-1e6, 1e6) | st.sampled_from([1e308, -1e308, 5e-324]),
    INTEGER: st.integers(-(2**63), 2**63 - 1) | st.integers(0, 3),
    BOOLEAN: st.booleans(),
    ZONED: st.datetimes(timezones=st.just(UTC)),
    TEXT: st.sampled_from(["a", "b", "é", "", "nul\0l"]) | st.text(max_size=3),
}


def examples(
    columns: Mapping[str, Any], target: Sequence[int | float], *labels: str
) -> Examples:
    """Examples of columns, which are arrays or lists."""
    arrays = {name: pa.array(values) for name, values in columns.items()}
    kinds = {name: NAMES[array.type] for name, array in arrays.items()}
    kind = np.int64 if labels else np.float64
    return Examples(arrays, kinds, np.array(target, kind), labels or None)


def numeric(rows: int, width: int, labels: int = 2) -> Examples:
    """Rows of numbers, the greater sum of which has the later label."""
    random = np.random.default_rng(rows + width)
    cells = random.standard_normal((rows, width)) * 10 + 5
    sums = cells.sum(axis=1) + random.standard_normal(rows)
    columns = {f"x{place}": cells[:, place] for place in range(width)}
    if not labels:
        return examples(columns, sums.tolist())
    bounds = np.quantile(sums, np.linspace(0, 1, labels + 1)[1:-1])
    places = np.searchsorted(bounds, sums)
    return examples(columns, places.tolist(), *"abcdefgh"[:labels])


@st.composite
def drawn(draw: st.DrawFn, labels: int | None = None) -> Examples:
    """Any columns, with gaps, and a target: labels, all of which occur, or numbers."""
    rows = draw(st.integers(10, 40))
    kinds = draw(st.lists(st.sampled_from(list(CELLS)), min_size=1, max_size=6))
    columns = {}
    for place, kind in enumerate(kinds):
        cell = CELLS[kind]
        cell = cell | st.none() if draw(st.booleans()) else cell
        values = draw(st.lists(cell, min_size=rows, max_size=rows))
        columns[f"{place}"] = pa.array(values, kind)
    if labels is None:
        numbers = st.lists(st.floats(-1e3, 1e3), min_size=rows, max_size=rows)
        return examples(columns, draw(numbers))
    places = st.lists(st.integers(0, labels - 1), min_size=rows, max_size=rows)
    found = [*range(labels), *draw(places)][:rows]
    return examples(columns, found, *"abcdefgh"[:labels])


def inputs(rows: Examples) -> list[dict[str, Any]]:
    """The same rows as clients send them."""
    by_column = [cells(column) for column in rows.columns.values()]
    names = list(rows.columns)
    return [dict(zip(names, row, strict=True)) for row in zip(*by_column, strict=True)]


MOMENT = datetime(2026, 1, 31, 12, tzinfo=UTC)
