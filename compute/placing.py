"""New rows on a finished map, each for itself, whatever comes in the same batch."""

from typing import Any

import numpy as np

from compute.arrays import Double, Single
from compute.kernels import Likeness, compiled, decay, f32, gap

CHUNK = 8
"""Rows measured while a reference row is at hand: a matter of speed alone."""
NEAREST = 8
"""Neighbours whose weighted mean is the first start."""
FARTHEST = 1e6
"""Where a row that is farther away counts as being, in diameters of the reference."""


@compiled
def measure(rows: Single, references: Single) -> Single:
    """The distances of rows (k, m) to references (n, m), shape (k, n)."""
    distances = np.empty((len(rows), len(references)), f32)
    for j in range(len(references)):
        for i in range(len(rows)):
            distances[i, j] = np.sqrt(gap(rows[i], references[j]))
    return distances


@compiled
def nearest(distances: Single, count: int) -> Any:
    """The indices of the `count` smallest of distances (n,), smallest first."""
    found = np.zeros(count, np.int64)
    held = 0
    for j in range(len(distances)):
        if held == count and distances[j] >= distances[found[count - 1]]:
            continue
        held = min(held + 1, count)
        at = held - 1
        while at > 0 and distances[found[at - 1]] > distances[j]:
            found[at] = found[at - 1]
            at -= 1
        found[at] = j
    return found


@compiled
def lean(wanted: Single, xs: Single, ys: Single, at: Double, shape: Likeness) -> Any:
    """A row's strain at one place of the plane, two slopes and three curvatures."""
    weight, near, slope = f32(shape.a), f32(1 / shape.w1), f32(shape.a / shape.w1)
    rest, far = f32(1 - shape.a), f32((1 - shape.a) / shape.w2)
    x, y = f32(at[0]), f32(at[1])
    cost, gx, gy, xx, xy, yy = f32(0), f32(0), f32(0), f32(0), f32(0), f32(0)
    for j in range(len(xs)):
        dx, dy = x - xs[j], y - ys[j]
        q = dx * dx + dy * dy
        kept = decay(q * near)
        off = wanted[j] - weight * kept - rest + far * q
        pull = f32(2) * (slope * kept + far)
        cost += off * off
        gx += off * pull * dx
        gy += off * pull * dy
        xx += pull * pull * dx * dx
        xy += pull * pull * dx * dy
        yy += pull * pull * dy * dy
    return cost, gx, gy, xx, xy, yy


@compiled
def settle(
    wanted: Single, xs: Single, ys: Single, at: Double, shape: Likeness
) -> float:
    """Move `at` downhill by damped Gauss-Newton; the strain where it settles."""
    damping, trial = 1e-3, np.empty(2)
    cost, gx, gy, xx, xy, yy = lean(wanted, xs, ys, at, shape)
    for _ in range(50):
        extra = damping * (xx + yy) + 1e-30
        area = (xx + extra) * (yy + extra) - xy * xy
        step_x = (xy * gy - (yy + extra) * gx) / area
        step_y = (xy * gx - (xx + extra) * gy) / area
        trial[0], trial[1] = at[0] + step_x, at[1] + step_y
        found = lean(wanted, xs, ys, trial, shape)
        if found[0] < cost:
            at[:] = trial
            cost, gx, gy, xx, xy, yy = found
            damping = max(damping / 10, 1e-9)
        else:
            damping *= 10
        if abs(step_x) + abs(step_y) < 1e-6 * (1 + abs(at[0]) + abs(at[1])):
            break
    return cost


@compiled
def starts(distances: Single, xs: Single, ys: Single) -> Double:
    """Five places to start from, shape (5, 2), for a row at scaled distances (n,).

    The weighted mean of its nearest neighbours, and four points at its mean distance.
    """
    places = np.empty((5, 2))
    total, x, y = 0.0, 0.0, 0.0
    for j in nearest(distances, min(NEAREST, len(distances))):
        weight = 1 / (distances[j] + 1e-6)
        total += weight
        x += weight * xs[j]
        y += weight * ys[j]
    places[0] = x / total, y / total
    middle_x, middle_y, reach = xs.mean(), ys.mean(), distances.mean()
    places[1] = middle_x + reach, middle_y
    places[2] = middle_x - reach, middle_y
    places[3] = middle_x, middle_y + reach
    places[4] = middle_x, middle_y - reach
    return places


@compiled
def put(
    distances: Single, xs: Single, ys: Single, shape: Likeness, place: Double
) -> float:
    """Write the best place of a row at `distances` (n,) and give its strain."""
    unit = 1 / (shape.hi - shape.lo)
    scaled, wanted = np.empty(len(xs), f32), np.empty(len(xs), f32)
    for j in range(len(xs)):
        d = f32(min(max(distances[j] - shape.lo, 0.0) * unit, FARTHEST))
        scaled[j] = d
        wanted[j] = shape.a * decay(d * d * f32(1 / shape.w1)) + (1 - shape.a) * (
            1 - d * d / shape.w2
        )
    best = np.inf
    for start in starts(scaled, xs, ys):
        cost = settle(wanted, xs, ys, start, shape)
        if cost < best:
            best = cost
            place[:] = start
    return best


@compiled
def place(
    rows: Single, references: Single, xs: Single, ys: Single, shape: Likeness
) -> Double:
    """Place each row where its similarities to the references are best kept.

    rows        (k, m), in the space of the references
    references  (n, m); xs, ys (n,) are their points
    returns     (k, 3): x, y and the root mean square error of the similarities there
    """
    places = np.empty((len(rows), 3))
    for start in range(0, len(rows), CHUNK):
        distances = measure(rows[start : start + CHUNK], references)
        for i in range(len(distances)):
            cost = put(distances[i], xs, ys, shape, places[start + i, :2])
            places[start + i, 2] = np.sqrt(cost / len(xs))
    return places
