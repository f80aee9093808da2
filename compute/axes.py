"""The directions in which rows differ most, and a fixed way to lay out a plane."""

import numpy as np

from compute.arrays import Double, Single

SWEEPS = 8
SPARE = 6
"""Directions swept along beyond the wanted ones, which come out cleaner for it."""


def principal(rows: Single, count: int) -> Single:
    """The `count` widest principal axes of centred rows (n, m), as columns (m, count).

    By subspace iteration from a fixed start: the same rows always give the same axes.
    Source: N. Halko, P.-G. Martinsson and J. A. Tropp, Finding structure with
    randomness, SIAM Review 53 (2011), algorithm 4.4.
    """
    width = rows.shape[1]
    start = np.random.default_rng(0).standard_normal((width, min(count + SPARE, width)))
    axes = np.linalg.qr(start.astype(np.float32))[0]
    for _ in range(SWEEPS):
        axes = np.linalg.qr(rows.T @ (rows @ axes))[0]
    _, _, turned = np.linalg.svd(rows @ axes, full_matrices=False)
    return np.ascontiguousarray((axes @ turned.T)[:, :count])


def upright(points: Double, rows: Single) -> Double:
    """Centre points (n, 2), turn the wider spread along x, and fix both signs.

    An axis points to where the features of the rows (n, m) are larger, those of the
    first columns a little before the others.
    """
    points = points - points.mean(axis=0)
    _, turn = np.linalg.eigh(points.T @ points)
    points = points @ turn[:, ::-1]
    taste = 1 + 1 / np.arange(1, rows.shape[1] + 1, dtype=np.float32)
    return points * np.where((rows @ taste) @ points < 0, -1, 1)
