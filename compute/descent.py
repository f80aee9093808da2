"""Two ways down a hill: L-BFGS, which is quick, and Adam as documented."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from compute.arrays import Double

Slope = Callable[[Double], tuple[float, Double]]
"""Gives a cost and its gradient; the gradient is the caller's to keep."""

MEMORY = 20
NOISE = 1e-6
"""The share of a cost that single precision cannot tell; below it, slopes decide."""


class Place(NamedTuple):
    """Where a descent is, or ended."""

    at: Double
    cost: float
    slope: Double


class Bend(NamedTuple):
    """A step that was taken and how the slope changed along it."""

    step: Double
    change: Double


def lbfgs(
    hill: Slope, start: Double, *, tolerance: float, limit: int
) -> tuple[Place, int]:
    """Go down until no slope exceeds `tolerance`, or for `limit` evaluations.

    Returns the place and the evaluations used.
    Sources: J. Nocedal and S. Wright, Numerical Optimization, 2006, algorithm 7.4; for
    steps whose costs cannot be told apart W. Hager and H. Zhang, A new conjugate
    gradient method, SIAM Journal on Optimization 16 (2005).
    """
    here, used = Place(start, *hill(start)), 1
    bends: list[Bend] = []
    while used < limit and np.abs(here.slope).max() > tolerance:
        there, tried = search(hill, here, direction(here.slope, bends), limit - used)
        used += tried
        if there is None:
            break
        bend = Bend(there.at - here.at, there.slope - here.slope)
        if bend.step @ bend.change > 0:
            bends = [*bends[1 - MEMORY :], bend]
        here = there
    return here, used


def direction(slope: Double, bends: list[Bend]) -> Double:
    """Downhill, corrected by how the slope bent along the last steps."""
    if not bends:
        return -slope * (0.1 / float(np.abs(slope).max()))
    way, shares = -slope, list[float]()
    for step, change in reversed(bends):
        shares.append(float((step @ way) / (step @ change)))
        way = way - shares[-1] * change
    last = bends[-1]
    way = way * ((last.step @ last.change) / (last.change @ last.change))
    for step, change in bends:
        way = way + step * (shares.pop() - (change @ way) / (step @ change))
    return way


def search(
    hill: Slope, here: Place, way: Double, limit: int
) -> tuple[Place | None, int]:
    """The first good place along a way, by doubling and halving, and the tries."""
    down, length, shortest, longest = here.slope @ way, 1.0, 0.0, np.inf
    for tried in range(1, min(limit, 20) + 1):
        at = here.at + length * way
        there = Place(at, *hill(at))
        rest = there.slope @ way
        level = there.cost <= here.cost + NOISE * abs(here.cost) and rest <= -0.8 * down
        if not level and there.cost > here.cost + 1e-4 * length * down:
            longest = length
        elif rest < 0.9 * down:
            shortest = length
        else:
            return there, tried
        length = (shortest + longest) / 2 if longest < np.inf else 2 * length
    return None, min(limit, 20)


class Pace(NamedTuple):
    """The settings of Adam, under their documented names."""

    alpha: float
    beta1: float
    beta2: float
    epsilon: float


def adam(
    hill: Slope, start: Double, pace: Pace, *, tolerance: float, limit: int
) -> tuple[Place, int]:
    """Go down until a step changes the cost by less than `tolerance`.

    Returns the place and the evaluations used, at most `limit`.
    Source: D. Kingma and J. Ba, Adam, ICLR 2015, less the correction, as documented.
    """
    here = Place(start, *hill(start))
    drift, spread = np.zeros_like(start), np.zeros_like(start)
    for used in range(2, limit + 1):
        drift = pace.beta1 * drift + (1 - pace.beta1) * here.slope
        spread = pace.beta2 * spread + (1 - pace.beta2) * here.slope**2
        at = here.at - pace.alpha * drift / (np.sqrt(spread) + pace.epsilon)
        before, here = here, Place(at, *hill(at))
        if abs(here.cost - before.cost) < tolerance:
            return here, used
    return here, limit
