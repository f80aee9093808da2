"""Where the descent to a map begins: the principal axes, then mixtures of them."""

import numpy as np

from compute.arrays import Double, Single
from compute.axes import principal

PAIRS = ((0, 1), (1, 2), (0, 2), (1, 3), (2, 3), (0, 3))
MOST = 15
WORK = 2_000_000
"""Pairs of rows to spend on starts: fifteen up to 365 rows, one from 1,001 rows on."""


def candidates(rows: Single, hi: float) -> list[Double]:
    """Plans (n, 2) to start from, the likeliest first, fewer for more rows (n, m).

    Each is made from the principal axes of the rows alone, so that neither their order
    nor their unit matters; hi, the largest distance, becomes 1.
    """
    along = (rows @ principal(rows, 4)).astype(np.float64) / hi
    along -= along.mean(axis=0)
    along = thicken(along)
    spread = along.std(axis=0)
    even = along / np.where(spread > 1e-3 * spread[0], spread, np.inf)
    count = min(MOST, max(1, WORK // len(rows) ** 2))
    plans = [along[:, PAIRS[0]]]
    for turn in range(len(PAIRS) - 1 if count > 1 else 0):
        mixture = np.random.default_rng(turn).standard_normal((4, 2))
        plans.append(even @ mixture * spread[0])
        plans.append(along[:, PAIRS[turn + 1]])
        plans.append(0.8 * np.sin(3 * even @ mixture + turn))
    return plans[:count]


def thicken(along: Double) -> Double:
    """Four axes (n, 4) from those there are, slightly bent if all lie on a line."""
    along = np.pad(along, ((0, 0), (0, 4 - along.shape[1])))
    first, spread = along[:, 0], along[:, 0].std()
    if along[:, 1].std() < 1e-3 * spread:
        along[:, 1] += 1e-3 * ((first / spread) ** 2 - 1) * spread
    return along
