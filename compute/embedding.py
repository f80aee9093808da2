"""A table of features as points in the plane, where near means similar."""

import hashlib
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

from compute import blocks, pairs, progress, scaling
from compute.arrays import Double, Single
from compute.axes import upright
from compute.descent import Pace, Place, Slope, adam, lbfgs
from compute.kernels import Likeness
from compute.pairs import Extent
from compute.parameters import DEFAULTS, Parameters
from compute.placing import place
from compute.scaling import Scale
from compute.starts import candidates

MOST_ROWS = 20_000
"""The most rows whose every pair is compared: 860 MB of similarities."""
LANDMARKS = 3_000
"""The rows that make the map when there are more; the others are placed on it."""
CHUNK = 256
"""Rows scaled at a time, so that no second table of doubles is held."""
TRIAL = 60
"""Evaluations that show how promising a start is."""
TIE = 5e-4
"""Starts whose costs differ by less are as good, and the likelier is taken."""
HALF = 100
"""Evaluations that count as half the way: nobody knows how many there will be."""
PATIENCE = 300
"""Evaluations after which the final descent of a large map has to be good enough."""


@dataclass(frozen=True, slots=True, eq=False)
class Embedding:
    """A finished map.

    points       (n, 2), centred, x the wider axis; 1 is about the largest distance
    cost         the mean squared error of a pair's similarity
    evaluations  how often the cost was computed
    likeness     the similarity it keeps, with lo and hi in the scaled space
    scale        how features were scaled
    landmarks    the rows, ascending, that made the map: all, up to MOST_ROWS
    """

    points: Double
    cost: float
    evaluations: int
    likeness: Likeness
    scale: Scale
    landmarks: NDArray[np.intp]

    @property
    def lo(self) -> float:
        """The smallest positive distance, in the features' unit or in decades."""
        return self.likeness.lo * self.scale.unit

    @property
    def hi(self) -> float:
        """The largest distance, in the features' unit or in decades."""
        return self.likeness.hi * self.scale.unit

    @property
    def w1(self) -> float:
        """The width of the similarity that was used."""
        return self.likeness.w1


def embed(features: Double, parameters: Parameters = DEFAULTS) -> Embedding:
    """Lay rows out in the plane so that the similarities of all pairs are kept best.

    features  (n, m), any unit, finite, n at least 2
    returns   an Embedding: the same bytes for the same input, and the same points in
              another order for rows in another order

    Raises ValueError for fewer than 2 rows, for rows all equal and for what is not a
    finite number. Beyond MOST_ROWS rows, LANDMARKS of them make the map and the others
    are placed on it.
    """
    scaling.check(features)
    if len(features) < 2:
        raise ValueError(f"a map needs at least 2 rows, and {len(features)} was given")
    scale = scaling.fit(features, parameters.scale)
    rows = np.empty(features.shape, np.float32)
    for start in range(0, len(rows), CHUNK):
        rows[start : start + CHUNK] = scale.apply(features[start : start + CHUNK])
    order = by_content(rows)
    rows = rows[order]
    chosen = len(rows) if len(rows) <= MOST_ROWS else LANDMARKS
    points = np.empty((len(rows), 2))
    points[:chosen], cost, evaluations, likeness = lay_out(rows[:chosen], parameters)
    if chosen < len(rows):
        xs, ys = np.ascontiguousarray(points[:chosen].T, np.float32)
        points[chosen:] = place(rows[chosen:], rows[:chosen], xs, ys, likeness)[:, :2]
    unsorted = np.empty_like(points)
    unsorted[order] = points
    return Embedding(
        unsorted, cost, evaluations, likeness, scale, np.sort(order[:chosen])
    )


def by_content(rows: Single) -> NDArray[np.intp]:
    """An order made from what is in the rows, and as good as random otherwise."""
    rows = np.ascontiguousarray(rows + np.float32(0))
    keys = [hashlib.blake2b(row.tobytes(), digest_size=16).digest() for row in rows]
    return np.array(sorted(range(len(rows)), key=keys.__getitem__), dtype=np.intp)


def lay_out(
    rows: Single, parameters: Parameters
) -> tuple[Double, float, int, Likeness]:
    """Points (n, 2) of scaled rows (n, m), their cost, evaluations and likeness."""
    n = len(rows)
    kept = blocks.of(n)
    likeness = bring_near(pairs.lay(kept, rows), n, parameters)
    pairs.liken(kept, likeness)

    steps = count(1)

    def hill(at: Double) -> tuple[float, Double]:
        step = next(steps)
        progress.report(step / (step + HALF))
        points = at.reshape(2, n).astype(np.float32)
        cost, gradient = pairs.strain(kept, points, likeness)
        return cost, gradient.ravel()

    if parameters.optimizer == "adam":
        found, used = wander(hill, n, parameters)
    else:
        plans = candidates(rows, likeness.hi - likeness.lo)
        found, used = descend(hill, plans, parameters)
    points = upright(found.at.reshape(2, n).T, rows)
    return points, found.cost / (n * (n - 1) / 2), used, likeness


def descend(
    hill: Slope, plans: list[Double], parameters: Parameters
) -> tuple[Place, int]:
    """The lowest place L-BFGS finds from the plans, and the evaluations of all."""
    n = len(plans[0])
    trial = min(parameters.imax, TRIAL)
    tries = [
        lbfgs(hill, plan.T.ravel(), tolerance=n * 1e-5, limit=trial) for plan in plans
    ]
    lowest = min(place.cost for place, _ in tries)
    best = next(place for place, _ in tries if place.cost <= lowest * (1 + TIE))
    limit = min(parameters.imax, max(PATIENCE, 10**9 // n**2))
    place, used = lbfgs(hill, best.at, tolerance=n * parameters.gamma0, limit=limit)
    return place, used + sum(used for _, used in tries)


def wander(hill: Slope, n: int, parameters: Parameters) -> tuple[Place, int]:
    """Where Adam ends from the seed's random points, and the evaluations."""
    side = parameters.param_mode
    start = np.random.default_rng(parameters.seed).uniform(-side, side, (2, n)).ravel()
    pace = Pace(
        parameters.alpha, parameters.beta1, parameters.beta2, parameters.epsilon
    )
    return adam(hill, start, pace, tolerance=parameters.gamma0, limit=parameters.imax)


def bring_near(extent: Extent, n: int, parameters: Parameters) -> Likeness:
    """How distances of n rows become similar, once it is known what they are like."""
    lo, hi, total, positive = extent
    if hi == 0:
        raise ValueError(f"the {n} rows are too alike to be told apart")
    if hi - lo < 1e-6 * hi:
        lo = 0.0
    w1 = parameters.w1
    if parameters.which_w1 == "auto":
        w1 = (total - positive * lo) / (hi - lo) / (n * (n - 1) / 2)
    return Likeness(parameters.a, float(w1), parameters.w2, float(lo), float(hi))
