"""Whether the columns of two samples, taken together, have one distribution.

A broken correlation shows in no column. Two statistics look for it, and one test by
permutation is made of both: the labels of the rows are shuffled PERMUTATIONS times, and
what either says is ranked among what it says of shuffled rows.

kernel   the maximum mean discrepancy: sees any change, the clearer the more columns
products the largest difference of the means of a column, its square, or its product
         with another: sees that one pair goes together no more

Sources: A. Gretton and others, A Kernel Two-Sample Test, JMLR 13 (2012); for the
smaller of two ranks, P. Westfall and S. Young, Resampling-Based Multiple Testing, 1993.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from compute.arrays import Double

stats: Any = import_module("scipy.stats")  # has no types of its own

PERMUTATIONS = 999
WIDEST = 64
"""Directions of the points; of more, so many principal ones are kept."""

WIDTHS = (0.25, 1.0)
"""Of the kernels, in medians of the squared distances."""

SMALL = 1e-12
"""A variance that is none, but for rounding."""

DIGITS = 10
"""To which statistics are rounded, so that equal ones tie."""


@dataclass(frozen=True, slots=True)
class Joint:
    """What the test says of points."""

    p_value: float
    discrepancy: float
    """The squared maximum mean discrepancy, 0 or more."""
    kernel_p_value: float
    products_p_value: float
    directions: int


def permuted(points: Double, reference: int, seed: int) -> Joint:
    """Test points, shape (rows, directions), the first `reference` against the others.

    The p-values are shares of the permutations, 1 / (PERMUTATIONS + 1) at least.
    """
    points = principal(points)
    shuffled = weights(len(points), reference, seed)
    kernel = discrepancies(points, shuffled)
    products = differences(points, shuffled)
    said = np.round(np.array([kernel, products]), DIGITS)
    ranks = stats.rankdata(-said, method="max", axis=1) / said.shape[1]
    best = ranks.min(axis=0)
    p_value = float(np.mean(best <= best[0]))
    return Joint(
        p_value,
        float(said[0, 0]),
        float(ranks[0, 0]),
        float(ranks[1, 0]),
        points.shape[1],
    )


def weights(rows: int, reference: int, seed: int) -> Double:
    """What each row counts, shape (rows, 1 + PERMUTATIONS), the true sides first.

    The sum over rows of weight and value is the mean of one side less the other's.
    """
    true = np.full(rows, -1 / (rows - reference))
    true[:reference] = 1 / reference
    shuffled = np.tile(true, (PERMUTATIONS + 1, 1))
    np.random.default_rng(seed).permuted(shuffled[1:], axis=1, out=shuffled[1:])
    return shuffled.T.copy()


def discrepancies(points: Double, shuffled: Double) -> Double:
    """The squared maximum mean discrepancy of each column of weights."""
    squares = np.square(points).sum(axis=1)
    distances = np.maximum(squares[:, None] + squares - 2 * points @ points.T, 0)
    median = np.median(distances[np.triu_indices(len(points), 1)])
    scale = median or float(distances.mean())
    kernel = sum(np.exp(-distances / (width * scale)) for width in WIDTHS) / len(WIDTHS)
    return np.einsum("rp,rp->p", shuffled, kernel @ shuffled)


def differences(points: Double, shuffled: Double) -> Double:
    """The largest difference of means, of each column of weights, in its deviations."""
    points = points / points.std(axis=0)
    first, second = np.triu_indices(points.shape[1])
    moments = np.hstack([points, points[:, first] * points[:, second]])
    moments = moments[:, moments.var(axis=0) > SMALL]
    moments /= moments.std(axis=0)
    return np.abs(moments.T @ shuffled).max(axis=0)


def principal(points: Double) -> Double:
    """Points turned to their WIDEST principal directions, if they have more."""
    if points.shape[1] <= WIDEST:
        return points
    values, vectors = np.linalg.eigh(points @ points.T)
    kept = np.maximum(values[-WIDEST:], 0)
    found = vectors[:, -WIDEST:] * np.sqrt(kept)
    return found[:, kept > SMALL * kept.max()]
