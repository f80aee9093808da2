"""How unusual a row is against a reference, and which features make it so."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from compute import scaling
from compute.arrays import Double
from compute.placing import place
from compute.reference import NORMAL_99, Reference, mahalanobis
from compute.space import depart, shares

THRESHOLD = 3.41
"""The root of the 99.7 % quantile of chi-square with two degrees of freedom."""
USUAL_SENSITIVITY = 3.0
LEAST_SENSITIVE, MOST_SENSITIVE = 0.5, 5.0
DOUBT = 3.0
"""How much faster the plane's opinion falls below THRESHOLD, where it is coarse."""
TOP = 10


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What a reference says of rows; every array has a value for each row.

    points     (k, 2), the rows on the map
    distance   the larger of two opinions on one scale; anomalous above `threshold`
    plane      the first, the Mahalanobis distance from the centre of the map's points
    space      the second, the distance from the nearest neighbours in many directions;
               99 of 100 held-out rows of the reference stay under 3.03
    residual   what the map cannot show: the root mean square error of the similarities
    threshold  THRESHOLD · 3 / sensitivity
    """

    points: Double
    distance: Double
    plane: Double
    space: Double
    residual: Double
    threshold: float


@dataclass(frozen=True, slots=True)
class Blame:
    """A feature responsible for an anomalous row.

    feature  its position in the row
    share    its part of the squared distance, from 0 to 1
    shift    how many standard deviations it lies above the reference's mean
    """

    feature: int
    share: float
    shift: float


Severity = Literal["low", "medium", "high", "critical"]

SEVERITIES: tuple[tuple[float, Severity], ...] = (
    (4.0, "critical"),
    (2.5, "high"),
    (1.5, "medium"),
)
"""From how many thresholds on an anomaly is as bad as that."""


def threshold(sensitivity: float) -> float:
    """The distance above which a row is anomalous; a sensitivity of 3 is usual."""
    if not LEAST_SENSITIVE <= sensitivity <= MOST_SENSITIVE:
        raise ValueError(
            f"sensitivity is {sensitivity}, "
            f"where {LEAST_SENSITIVE} to {MOST_SENSITIVE:g} is accepted"
        )
    return THRESHOLD * USUAL_SENSITIVITY / sensitivity


def score(
    reference: Reference, rows: Double, sensitivity: float = USUAL_SENSITIVITY
) -> Scores:
    """Place rows of features (k, m) on the reference's map and say how unusual each is.

    A row's answer is the same alone and in any batch. Raises ValueError for a wrong
    number of features, for what is not a finite number and for a sensitivity outside
    0.5 to 5.
    """
    limit = threshold(sensitivity)
    scaled = scaled_rows(reference, rows)
    xs, ys = np.ascontiguousarray(reference.points.T, dtype=np.float32)
    placed = place(
        scaled.astype(np.float32), reference.rows, xs, ys, reference.likeness
    )
    points, residual = placed[:, :2].copy(), placed[:, 2].copy()
    plane = mahalanobis(points, reference.centre, reference.precision)
    departed = depart(reference.space, scaled).distances()
    space = departed * (NORMAL_99 / reference.space.usual)
    distance = np.maximum(space, convinced(plane, reference.usual))
    return Scores(points, distance, plane, space, residual, limit)


def convinced(plane: Double, usual: float) -> Double:
    """The plane's opinion, never larger than `plane`, as it counts against the other.

    Where the reference's own points lie wider than a normal cloud it shrinks
    accordingly. Below THRESHOLD it falls DOUBT times as fast, not to drown the finer
    opinion there.
    """
    plane = plane * (NORMAL_99 / max(usual, NORMAL_99))
    return np.where(plane < THRESHOLD, THRESHOLD + DOUBT * (plane - THRESHOLD), plane)


def scaled_rows(reference: Reference, rows: Double) -> Double:
    """Rows of features (k, m) in the scaled space, once they are known to fit."""
    scaling.check(rows)
    width = reference.rows.shape[1]
    if rows.shape[1] != width:
        raise ValueError(
            f"a row has {rows.shape[1]} features, and the reference has {width}"
        )
    return reference.scale.apply(rows)


def responsible(
    reference: Reference, rows: Double, scores: Scores, top: int = TOP
) -> list[Sequence[Blame]]:
    """The features to blame for each row (k, m), worst first; none for a usual row.

    The shares are an exact decomposition of the square of `scores.space` over all
    features. The plane's distance has none, since a place on the map depends on all
    features together; where it is the larger, the shares are still those of the other.
    """
    blames: list[Sequence[Blame]] = [()] * len(rows)
    anomalous = np.flatnonzero(scores.distance > scores.threshold)
    if not len(anomalous):
        return blames
    space = reference.space
    scaled = scaled_rows(reference, rows[anomalous])
    parts = shares(space, depart(space, scaled))
    shifts = (scaled - space.centre) / space.spread
    for row, part, shift in zip(anomalous, parts, shifts, strict=True):
        worst = np.argsort(-part, kind="stable")[:top]
        blames[row] = [
            Blame(int(i), float(part[i]), float(shift[i])) for i in worst if part[i]
        ]
    return blames


def severity(distance: float, threshold: float) -> Severity:
    """How bad an anomaly is, by how many thresholds away it is (see SEVERITIES)."""
    for least, name in SEVERITIES:
        if distance >= least * threshold:
            return name
    return "low"
