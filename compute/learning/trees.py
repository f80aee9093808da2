"""Walks down the trees of a forest, compiled; sums are in scikit-learn's order."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

from compute.arrays import Double

Compiled = TypeVar("Compiled", bound=Callable[..., Any])
Places = NDArray[np.int32]


class Trees(NamedTuple):
    """The nodes of all trees, one after the other; children are below their parents.

    A row goes left if its cell, in single precision, is at most the threshold.
    """

    roots: Places
    cell: Places
    """That a node asks for; -1 where it is a leaf."""
    threshold: Double
    left: Places
    right: Places
    values: Double
    """Shape (nodes, labels), shares; or (nodes, 1), means."""


def exactly(function: Compiled) -> Compiled:
    """Compile on first use, keep the machine code, and let sums be as written."""
    compiler: Any = njit(cache=True, nogil=True, error_model="numpy")
    return compiler(function)


@exactly
def below(trees: Trees, node: int, row: Double) -> int:
    """The child to which a row goes from a node that is no leaf."""
    if np.float32(row[trees.cell[node]]) <= trees.threshold[node]:
        return trees.left[node]
    return trees.right[node]


@exactly
def means(trees: Trees, rows: Double) -> Double:
    """The means of the leaves that each row comes to, shape (rows, labels)."""
    found = np.zeros((len(rows), trees.values.shape[1]))
    for i in range(len(rows)):
        for root in trees.roots:
            node = root
            while trees.cell[node] >= 0:
                node = below(trees, node, rows[i])
            for k in range(found.shape[1]):
                found[i, k] += trees.values[node, k]
    return found / len(trees.roots)


@exactly
def steps(
    trees: Trees, row: Double, owners: NDArray[np.int64], label: int
) -> tuple[float, Double]:
    """The mean value of a label at the roots, and what each column adds to it.

    owners   the column of each cell, counted from 0 and ascending
    """
    base, added = 0.0, np.zeros(owners[-1] + 1)
    for root in trees.roots:
        node = root
        base += trees.values[root, label]
        while trees.cell[node] >= 0:
            child = below(trees, node, row)
            change = trees.values[child, label] - trees.values[node, label]
            added[owners[trees.cell[node]]] += change
            node = child
    return base / len(trees.roots), added / len(trees.roots)
