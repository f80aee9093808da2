"""A condition says the same of a stream, however it comes, as a slow look does."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compute.conditions import (
    SEVERITIES,
    Change,
    Condition,
    Happening,
    Metric,
    Operator,
    Point,
    State,
    banded,
    followed,
    least,
)

ANOMALOUS = st.sampled_from([None, None, *SEVERITIES])
RATIOS = st.floats(0, 3) | st.sampled_from([0.5, 1.0, 2.0])
STEPS = st.lists(st.tuples(st.integers(0, 40), RATIOS, ANOMALOUS), max_size=40)
CONDITIONS = st.builds(
    Condition,
    metric=st.sampled_from([one for one in Metric if one is not Metric.DRIFT]),
    operator=st.sampled_from(Operator),
    threshold=st.sampled_from([0.0, 0.5, 1.0, 2.0, 20.0, 50.0, 100.0]),
    window=st.integers(1, 6),
    minimum_severity=st.none() | st.sampled_from(SEVERITIES),
    hold=st.sampled_from([0.0, 0.0, 30.0, 60.0]),
    keep=st.sampled_from([None, 0.0, 30.0, 60.0]),
)


def stream_of(steps: list[tuple[int, float, str | None]]) -> list[Point]:
    """A stream from the seconds between its points, their ratios and severities."""
    at, stream = 0.0, list[Point]()
    for seconds, ratio, severity in steps:
        at += seconds
        stream.append(Point(at, ratio, severity))
    return stream


STREAMS = STEPS.map(stream_of)


def in_batches(
    condition: Condition, stream: list[Point], cuts: list[int]
) -> tuple[State, list[Change]]:
    """What is told of a stream in parts, each place counted from its beginning."""
    state, told = State(), list[Change]()
    for start, stop in pairwise(sorted({0, len(stream), *cuts})):
        before = stream[max(start - condition.window + 1, 0) : start]
        state, changes = followed(condition, state, before, stream[start:stop])
        told += [
            Change(one.happening, start + one.place, one.figure) for one in changes
        ]
    return state, told


def lasting(changes: list[Change]) -> list[Change]:
    return [one for one in changes if one.happening is not Happening.HELD]


def highest(changes: list[Change]) -> list[float]:
    """The highest figure that was told of each incident."""
    found: list[float] = []
    for one in changes:
        if one.happening is Happening.FIRED:
            found.append(one.figure)
        elif one.happening is Happening.HELD:
            found[-1] = max(found[-1], one.figure)
    return found


@given(CONDITIONS, STREAMS, st.lists(st.integers(0, 40), max_size=8))
def test_how_a_stream_is_cut_into_batches_changes_nothing(
    condition: Condition, stream: list[Point], cuts: list[int]
) -> None:
    cuts = [cut for cut in cuts if cut <= len(stream)]
    state, whole = in_batches(condition, stream, [])
    cut_state, parts = in_batches(condition, stream, cuts)
    assert cut_state == state
    assert lasting(parts) == lasting(whole)
    assert highest(parts) == highest(whole)


@dataclass
class Slow:
    """The same by going back over all points at each, in plain words."""

    condition: Condition
    stream: list[Point]
    open: bool = False
    """Whether there is an incident."""
    waits: bool = False
    """Whether one would begin soon."""

    def told(self) -> list[tuple[Happening, int]]:
        found: list[tuple[Happening, int]] = []
        for place in range(len(self.stream)):
            found += [(one, place) for one in self._at(place)]
        return found

    def _at(self, place: int) -> list[Happening]:
        if not self.holds(place):
            return self._without(place)
        begins = place == 0 or not self.holds(place - 1)
        told: list[Happening] = []
        if begins and self.condition.hold and not self.open:
            self.waits = True
            told.append(Happening.PENDING)
        if self._long_enough(place) and (begins or not self._long_enough(place - 1)):
            self.open, self.waits = True, False
            told.append(Happening.FIRED)
        return told

    def _without(self, place: int) -> list[Happening]:
        if not self.open:
            waited, self.waits = self.waits, False
            return [Happening.DROPPED] if waited else []
        keep = self.condition.keep
        if keep is None or self._now(place) - self._over_since(place) < keep:
            return []
        self.open = False
        return [Happening.CLEARED]

    def last(self, place: int) -> list[Point]:
        """The points that a condition looks at."""
        return self.stream[max(place - self.condition.window + 1, 0) : place + 1]

    def holds(self, place: int) -> bool:
        condition, last = self.condition, self.last(place)
        if len(last) < least(condition):
            return False
        figure = _figure(condition, last)
        return {
            Operator.GT: figure > condition.threshold,
            Operator.GTE: figure >= condition.threshold,
            Operator.LT: figure < condition.threshold,
            Operator.LTE: figure <= condition.threshold,
        }[condition.operator]

    def _long_enough(self, place: int) -> bool:
        since = place
        while since and self.holds(since - 1):
            since -= 1
        return self._now(place) - self._now(since) >= self.condition.hold

    def _over_since(self, place: int) -> float:
        """When it last ceased to hold after having held for long enough."""
        since = at = place
        while at and not (self.holds(at) and self._long_enough(at)):
            since = since if self.holds(at) else at
            at -= 1
        return self._now(since)

    def _now(self, place: int) -> float:
        return self.stream[place].at


def _figure(condition: Condition, last: list[Point]) -> float:
    if condition.metric is Metric.DISTANCE_RATIO:
        return float(np.mean([point.ratio for point in last]))
    least = SEVERITIES.index(condition.minimum_severity or "low")
    counted = sum(one.severity in SEVERITIES[least:] for one in last)
    if condition.metric is Metric.ANOMALY_COUNT:
        return counted
    return 100 * counted / len(last)


@given(CONDITIONS, STREAMS)
def test_what_is_told_is_what_a_look_at_all_points_tells(
    condition: Condition, stream: list[Point]
) -> None:
    _, changes = followed(condition, State(), [], stream)
    told = [(one.happening, one.place) for one in lasting(changes)]
    assert told == Slow(condition, stream).told()


@given(CONDITIONS, STREAMS)
def test_the_highest_figure_of_each_firing_is_told(
    condition: Condition, stream: list[Point]
) -> None:
    condition = replace(condition, hold=0.0)
    slow, expected, held = Slow(condition, stream), list[float](), False
    for place in range(len(stream)):
        before, held = held, slow.holds(place)
        if held:
            figure = _figure(condition, slow.last(place))
            expected.append(max(figure, expected.pop()) if before else figure)
    _, changes = followed(condition, State(), [], stream)
    assert highest(changes) == pytest.approx(expected)


@given(st.integers(1, 1_000), st.data())
def test_so_many_anomalies_in_a_hundred_are_so_many_per_cent(
    width: int, data: st.DataObject
) -> None:
    count = data.draw(st.integers(0, width))
    stream = [Point(0, 2, "low")] * count + [Point(0, 0, None)] * (width - count)
    share = Condition(metric=Metric.ANOMALY_SHARE, threshold=0, window=width)
    _, [change, *_] = followed(share, State(), stream[:-1], stream[-1:])
    assert change.figure == 100 * count / width


def test_bands_begin_at_5_10_20_and_30_per_cent() -> None:
    shares = [4.99, 5, 9.99, 10, 19.99, 20, 29.99, 30, 100]
    named = [None, "low", "low", "medium", "medium", "high", "high"]
    assert [banded(share) for share in shares] == [*named, "critical", "critical"]
