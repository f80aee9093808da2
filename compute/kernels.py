"""The inner loops of the map, compiled: one thread, single precision."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numba import njit

from compute.arrays import Double, Single

Compiled = TypeVar("Compiled", bound=Callable[..., Any])

f32 = np.float32
BLOCK = 64
"""Rows whose forces are summed in single precision before they join the double sums."""
CANCELLED = f32(1e-3)
"""Below this share of the norms, inner products have lost a distance's digits."""


class Likeness(NamedTuple):
    """How a distance d becomes a similarity, a·exp(-d²/w1) + (1 - a)(1 - d²/w2).

    A distance D of rows is first brought to d = (D - lo) / (hi - lo), below lo to 0.
    """

    a: float
    w1: float
    w2: float
    lo: float
    hi: float


def compiled(function: Compiled) -> Compiled:
    """Compile on first use and keep the machine code beside the file.

    Sums may be reordered into lanes when compiled, so every run adds in the same order.
    """
    flags = {"reassoc", "contract", "nsz"}
    compiler: Any = njit(cache=True, nogil=True, error_model="numpy", fastmath=flags)
    return compiler(function)


@compiled
def decay(x: Any) -> Any:
    """exp(-x) for x >= 0 to six digits, in steps that vectorise."""
    y = max(x * f32(-1.4426950408889634), f32(-126))
    whole = np.floor(y + f32(0.5))
    part = y - whole
    power = f32(1.5403530e-4)
    power = power * part + f32(1.3333558e-3)
    power = power * part + f32(9.6181291e-3)
    power = power * part + f32(5.5504109e-2)
    power = power * part + f32(2.4022651e-1)
    power = power * part + f32(6.9314718e-1)
    power = power * part + f32(1)
    return power * np.int32((np.int32(whole) + np.int32(127)) << np.int32(23)).view(f32)


@compiled
def gap(first: Single, second: Single) -> Any:
    """The squared distance of two rows, by differences."""
    total = f32(0)
    for k in range(len(first)):
        difference = first[k] - second[k]
        total += difference * difference
    return total


@compiled
def square(gram: Single, norms: Single, rows: Single, i: int) -> None:
    """Turn row i of inner products into squared distances, right of the diagonal."""
    row, others = gram[i, i + 1 :], norms[i + 1 :]
    cancelled = 0
    for j in range(len(row)):
        both = norms[i] + others[j]
        row[j] = both - f32(2) * row[j]
        cancelled += row[j] < CANCELLED * both
    if cancelled:
        for j in range(len(row)):
            if row[j] < CANCELLED * (norms[i] + others[j]):
                row[j] = gap(rows[i], rows[i + 1 + j])


@compiled
def separate(
    gram: Single, norms: Single, rows: Single
) -> tuple[float, float, float, int]:
    """Turn inner products into distances, in place, right of the diagonal.

    gram     (k, n), of the first k rows with all
    norms    (n,), of each row with itself
    rows     (n, m)
    returns  the smallest positive distance, the largest, their sum and their number
    """
    lo, hi, total, count = f32(np.inf), f32(0), 0.0, 0
    for i in range(len(gram)):
        square(gram, norms, rows, i)
        row = gram[i, i + 1 :]
        part, positive = f32(0), 0
        for j in range(len(row)):
            row[j] = np.sqrt(row[j])
            part += row[j]
            positive += row[j] > 0
            hi = max(hi, row[j])
            lo = min(lo, row[j] if row[j] > 0 else f32(np.inf))
        total += part
        count += positive
    return float(lo), float(hi), float(total), count


@compiled
def liken(distances: Single, shape: Likeness) -> None:
    """Turn each row's distances after the diagonal into similarities, in place."""
    low, unit = f32(shape.lo), f32(1 / (shape.hi - shape.lo))
    weight, near, far = f32(shape.a), f32(1 / shape.w1), f32(1 / shape.w2)
    for i in range(len(distances)):
        row = distances[i, i + 1 :]
        for j in range(len(row)):
            d = max(row[j] - low, f32(0)) * unit
            row[j] = weight * decay(d * d * near) + (f32(1) - weight) * (
                f32(1) - d * d * far
            )


@compiled
def strain(
    target: Single, xs: Single, ys: Single, shape: Likeness, gradient: Double
) -> float:
    """Sum (S_ij - k(|p_i - p_j|))² over the pairs and write its gradient.

    target    (k, n), S of the first k points with all, right of the diagonal
    xs, ys    (n,), the points
    gradient  (2, n), written
    """
    k, n = target.shape
    cost = 0.0
    block = np.zeros((2, n), f32)
    gradient[:] = 0
    weight, near, slope = f32(shape.a), f32(1 / shape.w1), f32(shape.a / shape.w1)
    rest, far = f32(1 - shape.a), f32((1 - shape.a) / shape.w2)
    for start in range(0, k, BLOCK):
        for i in range(start, min(start + BLOCK, k)):
            x, y, row = xs[i], ys[i], target[i, i + 1 :]
            x_others, y_others = xs[i + 1 :], ys[i + 1 :]
            x_block, y_block = block[0, i + 1 :], block[1, i + 1 :]
            part, x_sum, y_sum = f32(0), f32(0), f32(0)
            for j in range(len(row)):
                dx, dy = x - x_others[j], y - y_others[j]
                q = dx * dx + dy * dy
                kept = decay(q * near)
                off = row[j] - weight * kept - rest + far * q
                pull = f32(4) * off * (slope * kept + far)
                part += off * off
                x_sum += pull * dx
                y_sum += pull * dy
                x_block[j] -= pull * dx
                y_block[j] -= pull * dy
            cost += part
            gradient[0, i] += x_sum
            gradient[1, i] += y_sum
        gradient += block
        block[:] = 0
    return float(cost)
