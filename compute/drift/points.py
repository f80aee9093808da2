"""Rows of both sides as points, whatever the types of their columns."""

from importlib import import_module
from typing import Any

import numpy as np

from compute.arrays import Double
from compute.drift.categories import categories
from compute.drift.columns import lengths_of
from compute.drift.options import Kind
from compute.tables.arrow import FLOAT, Array, pa, pc

stats: Any = import_module("scipy.stats")  # has no types of its own

MOST_CATEGORIES = 8
"""Values of a column that have a direction of their own; all others share one."""


SMALL = 1e-12
"""The variance of columns whose values differ by rounding alone."""


def directions(kind: Kind, reference: Array, current: Array) -> Double:
    """What a column adds to the points, shape (rows, k), those of the reference first.

    Numbers become normal scores of their ranks, so that neither units nor wild values
    matter, and nulls the middle; so do the lengths of texts that hardly repeat. Of
    other texts and of truth values each frequent one, null among them, has a direction.
    Means are 0 and variances add up to 1, so that all columns weigh the same. There
    are no directions (k = 0) of moments, nor of a column in which all rows are alike.
    """
    if kind is Kind.NUMBER:
        return _weighed(_scores(reference, current)[:, None])
    counted = categories(reference, current)
    if kind is Kind.TEXT and not counted.repeats:
        return directions(Kind.NUMBER, lengths_of(reference), lengths_of(current))
    total = np.where(counted.rare, 0, counted.counts.sum(axis=0))
    frequent = np.argsort(-total, kind="stable")[:MOST_CATEGORIES]
    codes = np.concatenate(counted.codes)
    return _weighed((codes[:, None] == frequent[total[frequent] > 0]).astype(float))


def _scores(reference: Array, current: Array) -> Double:
    """Normal scores of the ranks among both sides.

    Source: B. van der Waerden, Order Tests for the Two-Sample Problem, 1952.
    """
    both = pc.cast(pa.concat_arrays([reference, current]), FLOAT)
    known = both.is_valid().to_numpy(zero_copy_only=False)
    scores = np.zeros(len(both))
    if known.any():
        ranks = stats.rankdata(both.drop_null().to_numpy())
        scores[known] = stats.norm.ppf(ranks / (len(ranks) + 1))
    return scores


def _weighed(columns: Double) -> Double:
    """Columns about their means, as wide together as one of variance 1."""
    variance = columns.var(axis=0)
    columns = columns[:, variance > SMALL] - columns.mean(axis=0)[variance > SMALL]
    return columns / np.sqrt(variance.sum()) if columns.size else columns
