"""Columns as numbers."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compute.learning import columns
from compute.learning.columns import LARGEST, learnt
from compute.learning.models import Examples
from tests.compute.learning.tables import MOMENT, drawn, examples, inputs

HALF = [0, 1, 0, 1]


def cells(values: list[Any], *given: Any) -> list[list[float]]:
    """What a column of some values makes of others."""
    known = learnt(examples({"x": values}, HALF, "a", "b"))
    return [known.row({"x": value}).tolist() for value in given]


@given(drawn(2))
def test_an_input_has_the_cells_that_its_row_has_in_a_table(rows: Examples) -> None:
    known = learnt(rows)
    alone = [known.row(row) for row in inputs(rows)]
    matrix = known.matrix(rows)
    assert matrix.shape == (len(rows), known.width)
    assert np.array_equal(matrix, alone)


@given(drawn(2))
def test_columns_are_the_same_once_packed(rows: Examples) -> None:
    known = learnt(rows)
    again = columns.unpack(known.packed())
    assert np.array_equal(again.matrix(rows), known.matrix(rows))
    assert again.packed() == known.packed()


def test_a_gap_is_the_median_and_a_cell_that_tells_of_it() -> None:
    assert cells([1.0, None, 4.0, 10.0], None, 7) == [[4, 1], [7, 0]]


def test_a_number_that_is_not_finite_is_a_gap() -> None:
    rows = examples({"x": [1.0, np.nan, np.inf, 3.0]}, HALF, "a", "b")
    assert learnt(rows).matrix(rows).tolist() == [[1, 0], [2, 1], [2, 1], [3, 0]]


def test_a_gap_of_a_column_that_had_none_is_the_median() -> None:
    assert cells([1.0, 2.0, 4.0, 10.0], None) == [[3]]


def test_true_is_1_and_false_is_0() -> None:
    assert cells([True, False, False, True], True, False) == [[1], [0]]  # noqa: FBT003  # values, not flags


def test_a_text_has_a_cell_for_each_value_and_one_for_the_rare() -> None:
    found = cells(["a", "b", "a", None], "a", "b", "c", None)
    assert found == [[1, 0, 0], [0, 1, 0], [0, 0, 0], [0, 0, 1]]


def test_a_moment_counts_from_the_earliest_in_any_zone() -> None:
    moments = [MOMENT + timedelta(seconds=x) for x in (5.5, 0, 1, 2)]
    given = "2026-01-31T12:00:07.5Z", "2026-01-31T14:00:00+02:00", "2026-01-31T12:01"
    assert cells(moments, *given) == [[7.5], [0], [60]]


def test_what_is_no_moment_is_named() -> None:
    with pytest.raises(ValueError, match="column 'x': 'soon' is not a moment"):
        cells([MOMENT] * 4, "soon")


@given(
    st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([10**400, -(10**400), 1e308])
)
def test_any_number_fits_into_single_precision(number: float) -> None:
    ((cell,),) = cells([1, 2, 3, 4], number)
    assert abs(cell) <= LARGEST
    assert np.isfinite(np.float32(cell))
