"""The pairs of rows of a map, in blocks of some rows and all that come after them.

How they are cut depends on the number of rows alone, and sums are made in the order of
the blocks: so a map is the same wherever its blocks are.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from compute import kernels
from compute.arrays import Double, Single
from compute.blocks import Blocks
from compute.kernels import Likeness

CELLS = 1 << 24
"""The most numbers in a block: 64 MiB."""
SHARE = 16
"""A block holds no more than this part of a square of all pairs."""
ROWS = 64
"""The rows of a block, at least."""


class Extent(NamedTuple):
    """Of distances: the least and the most, the sum, and how many are positive."""

    lo: float
    hi: float
    total: float
    positive: int


class Block(NamedTuple):
    """Some rows against themselves and all after them; right of the diagonal counts.

    values  (k, n - first), distances and later similarities
    extent  of the distances
    """

    values: Single
    extent: Extent


def lay(blocks: Blocks, rows: Single) -> Extent:
    """Lay the distances of all pairs of rows (n, m)."""
    blocks.lay(distances, rows, cuts(len(rows)))
    parts: list[Extent] = blocks.ask(extent)
    return Extent(
        min(part.lo for part in parts),
        max(part.hi for part in parts),
        sum(part.total for part in parts),
        sum(part.positive for part in parts),
    )


def liken(blocks: Blocks, shape: Likeness) -> None:
    """Turn distances into similarities."""
    blocks.change(similarities, shape)


def strain(blocks: Blocks, points: Single, shape: Likeness) -> tuple[float, Double]:
    """The cost of points (2, n), and its gradient (2, n)."""
    cost, gradient = 0.0, np.zeros(points.shape)
    for part, slope in blocks.ask(leaning, points, shape):
        cost += part
        gradient[:, -slope.shape[1] :] += slope
    return cost, gradient


def cuts(n: int) -> list[tuple[int, int]]:
    """The first row of each block and the one after its last, for n rows."""
    most = min(CELLS, max(n * n // SHARE, ROWS * n))
    edges = [0]
    while (first := edges[-1]) < n:
        edges.append(min(first + max(most // (n - first), 1), n))
    return [*pairwise(edges)]


def distances(rows: Single, cut: tuple[int, int]) -> Block:
    """The block of a cut through rows (n, m)."""
    first, end = cut
    others = rows[first:]
    norms = np.einsum("ij,ij->i", others, others, dtype=np.float64)
    values = rows[first:end] @ others.T
    found = kernels.separate(values, norms.astype(np.float32), others)
    return Block(values, Extent(*found))


def extent(block: Block) -> Extent:
    return block.extent


def similarities(block: Block, shape: Likeness) -> Block:
    """The same pairs, alike as they are distant."""
    values = block.values.copy()
    kernels.liken(values, shape)
    return Block(values, block.extent)


def leaning(block: Block, points: Single, shape: Likeness) -> tuple[float, Double]:
    """What a block adds to the cost of points (2, n), and to the gradient.

    The gradient is that of the block's own rows and all after them.
    """
    xs, ys = points[:, -block.values.shape[1] :]
    gradient = np.empty((2, len(xs)))
    return kernels.strain(block.values, xs, ys, shape, gradient), gradient
