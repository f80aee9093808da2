"""When a condition over a stream of points begins to hold, fires, and is over."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum, auto

import numpy as np
from numpy.typing import NDArray

SEVERITIES = ("low", "medium", "high", "critical")
FEW = 5
"""Points of which a share or a mean says something."""
BANDS = ((30.0, "critical"), (20.0, "high"), (10.0, "medium"), (5.0, "low"))
"""Per cent of anomalous rows from which an incident has a severity."""


class Metric(StrEnum):
    """What a condition measures: of the last points, or of the last check."""

    ANOMALY_SHARE = auto()
    """Per cent of the points that are anomalies, from 0 to 100."""
    ANOMALY_COUNT = auto()
    """How many of the points are anomalies."""
    DISTANCE_RATIO = auto()
    """The mean distance of the points, in thresholds: 1 is at the threshold."""
    DRIFT = auto()
    """The share of the columns that drifted, from 0 to 1, by a check of the dataset; 1
    where only all of them together did."""


class Operator(StrEnum):
    """How a figure is compared with a condition's threshold."""

    GT = auto()
    """More than it."""
    GTE = auto()
    """As much, or more."""
    LT = auto()
    """Less than it."""
    LTE = auto()
    """As little, or less."""


class Happening(StrEnum):
    """What became of a condition at a point."""

    PENDING = auto()
    """It came to hold, and has to hold on."""
    DROPPED = auto()
    """It ceased to hold before it had held for long enough."""
    FIRED = auto()
    """It has held for long enough."""
    HELD = auto()
    """It holds on, and its figure is higher than it was."""
    CLEARED = auto()
    """It has not held for long enough to be over."""


COMPARED = {
    Operator.GT: np.greater,
    Operator.GTE: np.greater_equal,
    Operator.LT: np.less,
    Operator.LTE: np.less_equal,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What must hold, over how many points, and for how many seconds."""

    metric: Metric
    operator: Operator = Operator.GTE
    threshold: float
    window: int = 20
    minimum_severity: str | None = None
    """Anomalies of less than this do not count."""
    hold: float = 0.0
    """Seconds for which it must hold before it fires."""
    keep: float | None = None
    """Seconds without it after which it is over; without end where not given."""


@dataclass(frozen=True, slots=True)
class State:
    """Where a condition stood after the last point, in seconds of the points' time."""

    since: float | None = None
    """Since when it holds."""
    firing: bool = False
    """Whether it has fired and is not over."""
    until: float | None = None
    """Since when it does not hold any more, while it is not over."""

    @property
    def fires(self) -> bool:
        """Whether it has fired and holds on."""
        return self.firing and self.until is None


@dataclass(frozen=True, slots=True)
class Point:
    """What a condition looks at."""

    at: float
    ratio: float
    """Distance over threshold."""
    severity: str | None
    """Of the anomaly that it is, if it is one."""


@dataclass(frozen=True, slots=True)
class Change:
    happening: Happening
    place: int
    """Which of the new points."""
    figure: float


def followed(
    condition: Condition, state: State, before: Sequence[Point], new: Sequence[Point]
) -> tuple[State, list[Change]]:
    """Take a condition past new points.

    before  the points just before, of which the last `window - 1` count
    new     in order of the process
    returns the state after the last of them, and what happened, in order. At the
            beginning of a stream the window is what there is, from `least` points on.

    The answer is the same however the points are cut into batches, but for HELD: each
    batch tells it anew. The highest figure of an incident is told however that is.
    """
    figures = _figures(condition, [*before, *new])[len(before) :]
    holds = COMPARED[condition.operator](figures, condition.threshold)
    holds &= np.isfinite(figures)
    changes: list[Change] = []
    highest = -math.inf
    for place, point in enumerate(new):
        figure = float(figures[place])
        state, happened = _past(condition, state, point.at, holds=bool(holds[place]))
        if not happened and state.fires and figure > highest:
            happened = [Happening.HELD]
        changes += [Change(one, place, figure) for one in happened]
        highest = figure if happened else highest
    return state, changes


def banded(share: float) -> str | None:
    """The severity of an incident by the per cent of anomalous rows."""
    return next((name for least, name in BANDS if share >= least), None)


def _figures(condition: Condition, points: Sequence[Point]) -> NDArray[np.float64]:
    """The metric at each point; NaN while there are too few points to tell."""
    width = condition.window
    if condition.metric is Metric.DISTANCE_RATIO:
        values = np.array([point.ratio for point in points])
    else:
        counting = _counting(condition.minimum_severity)
        values = np.array([float(point.severity in counting) for point in points])
    padded = np.concatenate([np.zeros(width), values])
    windows = np.lib.stride_tricks.sliding_window_view(padded, width)[1:]
    figures = np.ascontiguousarray(windows).sum(axis=1)
    sizes = np.minimum(np.arange(1, len(values) + 1), width)
    if condition.metric is Metric.ANOMALY_SHARE:
        figures *= 100
    if condition.metric is not Metric.ANOMALY_COUNT:
        figures /= sizes
    return np.where(sizes < least(condition), np.nan, figures)


def least(condition: Condition) -> int:
    """How many points there must be before a condition can hold.

    A count may be reached by the first; that it is small can be said of a whole window
    alone; a share and a mean are taken from FEW points on, or from a smaller window.
    """
    if condition.metric is not Metric.ANOMALY_COUNT:
        return min(FEW, condition.window)
    rising = condition.operator in {Operator.GT, Operator.GTE}
    return 1 if rising else condition.window


def _counting(minimum: str | None) -> set[str]:
    return set(SEVERITIES[SEVERITIES.index(minimum or SEVERITIES[0]) :])


def _past(
    condition: Condition, state: State, at: float, *, holds: bool
) -> tuple[State, list[Happening]]:
    """One point further."""
    return _on(condition, state, at) if holds else _off(condition, state, at)


def _on(condition: Condition, state: State, at: float) -> tuple[State, list[Happening]]:
    happened: list[Happening] = []
    if state.since is None:
        state = replace(state, since=at)
        if condition.hold and not state.firing:
            happened.append(Happening.PENDING)
    elif state.fires:
        return state, []
    since = at if state.since is None else state.since
    if at - since >= condition.hold:
        happened.append(Happening.FIRED)
        state = replace(state, firing=True, until=None)
    return state, happened


def _off(
    condition: Condition, state: State, at: float
) -> tuple[State, list[Happening]]:
    if not state.firing:
        dropped = state.since is not None and condition.hold > 0
        return State(), [Happening.DROPPED] if dropped else []
    until = at if state.until is None else state.until
    if condition.keep is not None and at - until >= condition.keep:
        return State(), [Happening.CLEARED]
    return State(firing=True, until=until), []
