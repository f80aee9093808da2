"""Whether a machine wears: does the distance of its rows rise along its life?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, auto

import numpy as np

from compute.arrays import Double

Numbers = Double | Sequence[float]
CERTAIN = 0.01
"""The p-value under which a trend is taken for one."""
MOST_PAIRED = 1_000
"""Rows compared pair by pair; longer series are first reduced to so many medians."""


class Direction(StrEnum):
    """Where a distance goes along an order."""

    RISING = auto()
    """Away from normal."""
    FALLING = auto()
    """Back to normal."""
    NONE = auto()
    """Nowhere that chance does not go as well."""


@dataclass(frozen=True, slots=True)
class Trend:
    """How a distance runs along an order.

    direction  rising or falling when p_value is under 0.01, else none
    slope      Theil-Sen: the median change of distance per unit of the order
    tau        Kendall's rank correlation, from -1, falling all along, to 1, rising
    p_value    how often rows without a trend show as strong a tau; too small where rows
               resemble the ones before them
    above_from the first order value from which on every distance exceeds the threshold
    """

    direction: Direction
    slope: float
    tau: float
    p_value: float
    above_from: float | None


def trend(order: Numbers, distance: Numbers, threshold: float) -> Trend:
    """The trend of a distance along an order, such as the share of life.

    order      (k,), any unit, finite, in any sequence, at least 3 values
    distance   (k,), 0 or more

    Raises ValueError for fewer than 3 rows, for unequal lengths, for what is not finite
    and for a single order value. Up to 29 % of wild rows do not move the slope far.

    Sources: P. Sen, Estimates of the regression coefficient based on Kendall's tau,
    JASA 63 (1968); H. Mann, Nonparametric tests against trend, Econometrica 13 (1945).
    """
    order, distance = np.asarray(order, float), np.asarray(distance, float)
    check(order, distance)
    sequence = np.argsort(order, kind="stable")
    order, distance = order[sequence], distance[sequence]
    slope, tau, p_value = paired(*thinned(order, distance))
    direction = Direction.NONE
    if p_value < CERTAIN:
        direction = Direction.RISING if tau > 0 else Direction.FALLING
    start = stays_above(order, distance, threshold)
    return Trend(direction, slope, tau, p_value, start)


def check(order: Double, distance: Double) -> None:
    """Raise ValueError unless there is something to find a trend in."""
    if len(order) != len(distance):
        raise ValueError(
            f"there are {len(order)} order values for {len(distance)} distances"
        )
    if len(order) < 3:
        raise ValueError(f"a trend needs at least 3 rows, and {len(order)} were given")
    if not (np.isfinite(order).all() and np.isfinite(distance).all()):
        raise ValueError("the order or the distance of a row is not a finite number")
    if not np.ptp(order):
        raise ValueError(f"all {len(order)} rows have the order value {order[0]}")


def paired(order: Double, distance: Double) -> tuple[float, float, float]:
    """The median slope of all pairs of rows, their tau and its two-sided p-value."""
    first, second = np.triu_indices(len(order), 1)
    run = order[second] - order[first]
    rise = distance[second] - distance[first]
    apart = run > 0
    if not (apart.any() and rise.any()):
        return 0.0, 0.0, 1.0
    agreement = float(np.sign(rise[apart]).sum())
    tau = agreement / math.sqrt(apart.sum() * np.count_nonzero(rise))
    k = len(order)
    deviation = math.sqrt(k * (k - 1) * (2 * k + 5) / 18)
    p_value = math.erfc(max(abs(agreement) - 1, 0) / deviation / math.sqrt(2))
    return float(np.median(rise[apart] / run[apart])), tau, p_value


def thinned(*series: Double) -> list[Double]:
    """Series as they are, or as the medians of MOST_PAIRED equal pieces."""
    if len(series[0]) <= MOST_PAIRED:
        return list(series)
    return [
        np.array([np.median(p) for p in np.array_split(s, MOST_PAIRED)]) for s in series
    ]


def stays_above(order: Double, distance: Double, threshold: float) -> float | None:
    """The order value after the last row that is not above the threshold."""
    below = np.flatnonzero(distance <= threshold)
    first = below[-1] + 1 if len(below) else 0
    return float(order[first]) if first < len(order) else None
