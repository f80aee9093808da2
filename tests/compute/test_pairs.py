"""The pairs of rows, cut into blocks."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compute import blocks, pairs
from compute.arrays import Double
from compute.blocks import Here
from compute.embedding import embed
from compute.kernels import Likeness
from tests.compute.spectra import spectra

ROWS = np.random.default_rng(0).standard_normal((300, 7)).astype(np.float32)
POINTS = np.random.default_rng(1).uniform(-1, 1, (2, 300)).astype(np.float32)
FIRST, SECOND = np.triu_indices(300, 1)
WIDE = np.linalg.norm(ROWS[FIRST].astype(float) - ROWS[SECOND], axis=1)


def similarity(square: Double, shape: Likeness) -> Double:
    return shape.a * np.exp(-square / shape.w1) + (1 - shape.a) * (
        1 - square / shape.w2
    )


@given(st.integers(2, 200_000))
def test_every_row_is_in_one_block_and_no_block_is_large(n: int) -> None:
    cuts = pairs.cuts(n)
    assert cuts[0][0] == 0
    assert cuts[-1][1] == n
    assert all(one[1] == other[0] for one, other in pairwise(cuts))
    assert all(first < end for first, end in cuts)
    most = min(pairs.CELLS, max(n * n // pairs.SHARE, pairs.ROWS * n))
    assert all((end - first) * (n - first) <= most for first, end in cuts)


def test_20_000_rows_take_little_more_than_half_a_square() -> None:
    cells = sum((end - first) * (20_000 - first) for first, end in pairs.cuts(20_000))
    assert cells < 0.6 * 20_000**2


def test_the_distances_of_all_blocks_are_those_of_all_pairs() -> None:
    extent = pairs.lay(Here(), ROWS)
    assert extent.lo == pytest.approx(WIDE.min(), rel=1e-4)
    assert extent.hi == pytest.approx(WIDE.max(), rel=1e-5)
    assert extent.total == pytest.approx(WIDE.sum(), rel=1e-5)
    assert extent.positive == len(WIDE)


def test_equal_rows_have_no_distance_in_any_block() -> None:
    extent = pairs.lay(Here(), np.repeat(ROWS[:150], 2, axis=0))
    assert extent.positive == 300 * 299 // 2 - 150


def test_the_cost_and_the_gradient_of_all_blocks_are_the_documented_ones() -> None:
    kept = Here()
    extent = pairs.lay(kept, ROWS)
    shape = Likeness(0.8, 0.3, 1.0, extent.lo, extent.hi)
    pairs.liken(kept, shape)
    cost, gradient = pairs.strain(kept, POINTS, shape)
    wanted = similarity(((WIDE - extent.lo) / (extent.hi - extent.lo)) ** 2, shape)
    away = POINTS[:, FIRST].astype(float) - POINTS[:, SECOND]
    square = (away**2).sum(axis=0)
    off = wanted - similarity(square, shape)
    slope = shape.a / shape.w1 * np.exp(-square / shape.w1) + (1 - shape.a) / shape.w2
    pull = 4 * off * slope * away
    expected = np.zeros((2, 300))
    for axis in range(2):
        np.add.at(expected[axis], FIRST, pull[axis])
        np.subtract.at(expected[axis], SECOND, pull[axis])
    assert cost == pytest.approx((off**2).sum(), rel=1e-4)
    assert gradient == pytest.approx(expected, abs=1e-2)


def test_what_is_done_to_blocks_changes_nothing_in_place() -> None:
    block = pairs.distances(ROWS, (0, 100))
    before = block.values.copy()
    shape = Likeness(0.8, 0.3, 1.0, block.extent.lo, block.extent.hi)
    likened = pairs.similarities(block, shape)
    pairs.leaning(likened, POINTS, shape)
    assert np.array_equal(block.values, before)
    assert np.array_equal(likened.values, pairs.similarities(block, shape).values)


def test_large_maps_have_their_blocks_where_they_are_offered_a_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(blocks, "_elsewhere", None)
    laid = list[int]()

    class Elsewhere(Here):
        def lay(
            self, function: Callable[..., Any], common: Any, pieces: Sequence[Any]
        ) -> None:
            laid.append(len(common))
            super().lay(function, common, pieces)

    features = spectra(120)
    here = embed(features).points.tobytes()
    blocks.offer(100, Elsewhere)
    embed(features[:99])
    assert embed(features).points.tobytes() == here
    assert laid == [120]
