"""Tests of whether two samples come from one distribution, and how far apart they are.

Counts have the shape (2, k): the reference, and what is compared with it.
"""

from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from math import log, sqrt
from typing import Any
from warnings import catch_warnings, simplefilter

import numpy as np
from numpy.typing import NDArray

from compute.arrays import Double

stats: Any = import_module("scipy.stats")  # has no types of its own
special: Any = import_module("scipy.special")

Counts = NDArray[np.int64]

EXACT = 1_000
"""Values of a side up to which a Kolmogorov-Smirnov test counts every path."""


class Method(StrEnum):
    """How two samples are compared."""

    KOLMOGOROV_SMIRNOV = "KOLMOGOROV_SMIRNOV"
    """Of numbers; the statistic is the largest distance of the two step functions."""
    CHI_SQUARE = "CHI_SQUARE"
    """Of three or more categories."""
    FISHER = "FISHER"
    """Of two categories: exact, however rare one is. The statistic is chi-square."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a test says."""

    method: Method
    statistic: float
    p_value: float
    idle: bool = False
    """Whether there was nothing to tell apart: one category, and a p-value of 1."""


def kolmogorov_smirnov(reference: Double, current: Double) -> Outcome:
    """Whether two samples of numbers, each of one or more, have one distribution."""
    method = "exact" if max(len(reference), len(current)) <= EXACT else "asymp"
    with catch_warnings():  # of p-values near 1, whose exact sums round to more
        simplefilter("ignore", RuntimeWarning)
        found = stats.ks_2samp(reference, current, method=method)
    p_value = min(max(float(found.pvalue), 0.0), 1.0)
    return Outcome(Method.KOLMOGOROV_SMIRNOV, float(found.statistic), p_value)


def contingency(counts: Counts) -> Outcome:
    """Whether two samples have the same shares of each category.

    Chi-square wants at least five expected of each category in the smaller sample.
    """
    counts = counts[:, counts.any(axis=0)]
    method = Method.CHI_SQUARE if counts.shape[1] > 2 else Method.FISHER
    if counts.shape[1] < 2:
        return Outcome(method, 0.0, 1.0, idle=True)
    found = stats.chi2_contingency(counts, correction=False)
    exact = stats.fisher_exact(counts) if method is Method.FISHER else found
    return Outcome(method, float(found.statistic), min(float(exact.pvalue), 1.0))


def stability_index(counts: Counts) -> float:
    """The population stability index, 0 or more: 0.1 is a change, 0.25 a large one.

    Half a value is added to each count, so that an empty one has a logarithm.

    Source: N. Siddiqi, Credit Risk Scorecards, 2006.
    """
    shares = counts + 0.5
    shares /= shares.sum(axis=1, keepdims=True)
    reference, current = shares
    return float(np.sum((current - reference) * np.log(current / reference)))


def jensen_shannon(counts: Counts) -> float:
    """The Jensen-Shannon distance, from 0 to 1: no category is in both.

    Source: D. Endres and J. Schindelin, A New Metric for Probability Distributions,
    IEEE Transactions on Information Theory 49 (2003).
    """
    shares = counts / counts.sum(axis=1, keepdims=True)
    bits = special.rel_entr(shares, shares.mean(axis=0)).sum() / (2 * log(2))
    return sqrt(min(max(bits, 0.0), 1.0))


def holm(p_values: Double, alpha: float) -> float:
    """The p-value up to which tests of one family are significant.

    Of families in which nothing is to be found, at most `alpha` have one that is.

    Source: S. Holm, A Simple Sequentially Rejective Multiple Test Procedure,
    Scandinavian Journal of Statistics 6 (1979).
    """
    count = len(p_values)
    kept = np.sort(p_values) > alpha / np.arange(count, 0, -1)
    rejected = int(kept.argmax()) if kept.any() else count
    return alpha / max(count - rejected, 1)


def noticed(reference: int, current: int, p_value: float) -> float:
    """The shift of a bell curve, in standard deviations, found in four of five cases.

    reference, current   values of each side
    p_value              the one up to which a Kolmogorov-Smirnov test is significant
    """
    distance = sqrt(-log(p_value / 2) / 2 * (1 / reference + 1 / current))
    return float(2 * stats.norm.ppf((1 + min(distance, 0.999)) / 2))
