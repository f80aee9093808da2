"""Columns as counts: of values, and of bins of numbers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from compute.arrays import Double
from compute.drift.distributions import Counts
from compute.tables.arrow import Array, pa, pc

BINS = 10
EXPECTED = 5
"""Values of a category that the smaller side should have, or it counts as a rest."""


@dataclass(frozen=True, slots=True)
class Categories:
    """How often each value of a column is on either side."""

    values: Array
    """In their order."""
    codes: tuple[Counts, Counts]
    """The place in `values` of each value of either side."""
    counts: Counts

    @property
    def rare(self) -> NDArray[np.bool_]:
        """Which of them are too rare to be told apart."""
        return self.counts.sum(axis=0) * _smaller(self.counts) < EXPECTED

    @property
    def repeats(self) -> bool:
        """Whether half of all values or more are not rare."""
        return bool(2 * self.counts[:, ~self.rare].sum() >= self.counts.sum())

    def pooled(self) -> Counts:
        """The counts of those that are not rare, and of all others together.

        If these are rare even so, they go with the rarest of several.
        """
        common = self.counts[:, ~self.rare]
        rest = self.counts[:, self.rare].sum(axis=1)
        if common.shape[1] > 1 and rest.sum() * _smaller(self.counts) < EXPECTED:
            common[:, common.sum(axis=0).argmin()] += rest
            return common
        return np.column_stack([common, rest])


def categories(reference: Array, current: Array) -> Categories:
    """Count the values of both sides, which have one type; null is one of them."""
    coded = pa.concat_arrays([reference, current]).dictionary_encode("encode")
    order = pc.sort_indices(coded.dictionary).to_numpy()
    codes = np.argsort(order)[coded.indices.to_numpy()]
    sides = codes[: len(reference)], codes[len(reference) :]
    counts = np.array([np.bincount(side, minlength=len(order)) for side in sides])
    return Categories(coded.dictionary.take(order), sides, counts)


def binned(numbers: Double, reference: Double, current: Double) -> Counts:
    """Count both sides in bins that each hold a tenth of `numbers`, as far as ties let.

    What is less than all of them has a bin of its own where a tenth share the least.
    """
    edges = np.unique(np.quantile(numbers, np.arange(1, BINS) / BINS, method="lower"))
    if edges[0] == numbers.min():
        edges = np.insert(edges, 0, np.nextafter(edges[0], -np.inf))
    sides = [np.searchsorted(edges, side) for side in (reference, current)]
    return np.array([np.bincount(side, minlength=len(edges) + 1) for side in sides])


def _smaller(counts: Counts) -> float:
    """The share of the smaller side."""
    return float(counts.sum(axis=1).min() / counts.sum())
