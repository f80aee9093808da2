"""What the plane cannot show: how far a row is from a reference in many directions."""

from dataclasses import dataclass, replace

import numpy as np

from compute.arrays import Double, Single
from compute.axes import principal
from compute.placing import measure, nearest

NEIGHBOURS = 5
MOST_AXES = 64
REST = 0.25
"""The weight of what lies off the axes, against what lies along them."""
BLOCKS = 5
QUANTILE = 0.99


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """The reference in its own principal axes, every feature in its own spread.

    centre  (m,), the mean
    spread  (m,), the standard deviation; a constant feature has the median one
    axes    (m, p), orthonormal; p is the root of the number of rows, at most MOST_AXES
    rows    (n, p), the reference along the axes
    usual   the distance that 99 of 100 of its rows, held out, stay under
    """

    centre: Double
    spread: Double
    axes: Double
    rows: Single
    usual: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Departures:
    """How rows (k, m) depart from their nearest neighbours in the reference.

    along  (k, NEIGHBOURS, p), in the axes, from each neighbour
    rest   (k, m), off the axes, in spreads
    """

    along: Double
    rest: Double

    def distances(self) -> Double:
        """The root of the mean square along the axes and REST of that off them."""
        along = np.mean(np.sum(self.along**2, axis=2), axis=1)
        return np.sqrt(along + REST * np.sum(self.rest**2, axis=1))


def fit(rows: Double) -> Space:
    """The space of a reference of scaled rows (n, m), in the order they were recorded.

    Its usual distance comes from blocks of consecutive rows, each judged by the others:
    neighbours in time are often alike, or overlap, and would vouch for each other.
    """
    space = lay(rows)
    held_out = np.concatenate(
        [
            depart(lay(np.delete(rows, block, axis=0)), rows[block]).distances()
            for block in np.array_split(np.arange(len(rows)), min(BLOCKS, len(rows)))
        ]
    )
    usual = float(np.quantile(held_out, QUANTILE))
    return replace(space, usual=usual or 1.0)


def lay(rows: Double) -> Space:
    """The space of rows (n, m), before its usual distance is known."""
    centre, spread = rows.mean(axis=0), rows.std(axis=0)
    varies = spread > 1e-9 * np.abs(rows).max(axis=0)
    spread = np.where(
        varies, spread, np.median(spread[varies]) if varies.any() else 1.0
    )
    count = min(int(len(rows) ** 0.5), rows.shape[1], MOST_AXES)
    standard = ((rows - centre) / spread).astype(np.float32)
    axes = principal(standard, count)
    return Space(centre, spread, axes.astype(np.float64), standard @ axes)


def depart(space: Space, rows: Double) -> Departures:
    """How scaled rows (k, m) depart from the reference."""
    standard = (rows - space.centre) / space.spread
    along = standard @ space.axes
    near = min(NEIGHBOURS, len(space.rows))
    distances = measure(along.astype(np.float32), space.rows)
    chosen = np.array([nearest(row, near) for row in distances], dtype=np.intp)
    neighbours = space.rows[chosen.reshape(len(rows), near)].astype(np.float64)
    return Departures(along[:, None, :] - neighbours, standard - along @ space.axes.T)


def shares(space: Space, departures: Departures) -> Double:
    """The share (k, m) of each feature in each row's squared distance, together 1.

    The axes are orthonormal, so a departure along them has the same length written in
    features, and squared lengths add up feature by feature: nothing is approximated.
    """
    blame = REST * departures.rest**2
    for neighbour in range(departures.along.shape[1]):
        written = departures.along[:, neighbour] @ space.axes.T
        blame += written**2 / departures.along.shape[1]
    return blame / np.maximum(
        blame.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny
    )
