"""Wear is told from noise, and single wild rows do not decide."""

import numpy as np
import pytest

from compute.trend import Direction, trend

ORDER = np.arange(200.0)
NOISE = np.random.default_rng(6).standard_normal(200)


def test_wear_rises() -> None:
    found = trend(ORDER, 0.05 * ORDER + NOISE, threshold=3.41)
    assert found.direction == "rising"
    assert found.slope == pytest.approx(0.05, rel=0.1)
    assert found.p_value < 1e-6


def test_noise_has_no_trend() -> None:
    seen = [
        trend(ORDER, np.random.default_rng(seed).random(200), threshold=3.41).direction
        for seed in range(200)
    ]
    assert seen.count(Direction.NONE) >= 190


def test_the_p_value_is_kendalls() -> None:
    few = np.array([1.0, 3.0, 2.0, 5.0, 4.0])
    found = trend(np.arange(5.0), few, threshold=9)
    assert found.tau == pytest.approx(0.6)
    assert found.p_value == pytest.approx(0.2207, abs=1e-3)


def test_wild_rows_do_not_move_the_slope() -> None:
    distance = 0.05 * ORDER + 0.1 * NOISE
    wild = distance.copy()
    wild[::5] = 1e6
    assert trend(ORDER, wild, threshold=3.41).slope < 0.2
    assert trend(ORDER, distance[::-1], threshold=3.41).direction == "falling"


def test_the_unit_and_the_sequence_of_the_order_do_not_matter() -> None:
    shuffled = np.random.default_rng(1).permutation(200)
    distance = 0.05 * ORDER + NOISE
    plain = trend(ORDER, distance, threshold=3.41)
    other = trend(ORDER[shuffled] * 60, distance[shuffled], threshold=3.41)
    assert other.tau == pytest.approx(plain.tau)
    assert other.slope * 60 == pytest.approx(plain.slope)


def test_it_stays_above_from_the_row_after_the_last_below() -> None:
    distance = np.array([1.0, 5.0, 2.0, 4.0, 6.0])
    order = np.array([10.0, 20.0, 30.0, 40.0, 50.0])
    assert trend(order, distance, threshold=3).above_from == 40
    assert trend(order, distance, threshold=6).above_from is None
    assert trend(order, distance, threshold=0).above_from == 10


def test_a_long_series_has_the_trend_of_its_medians() -> None:
    order = np.arange(20_000.0)
    noise = np.random.default_rng(2).standard_normal(20_000)
    found = trend(order, 1e-3 * order + noise, threshold=3.41)
    assert found.slope == pytest.approx(1e-3, rel=0.01)


@pytest.mark.parametrize(
    ("order", "distance", "reason"),
    [
        ([1, 2], [1, 2], "at least 3 rows"),
        ([1, 2, 3], [1, 2], "3 order values for 2 distances"),
        ([1, 2, np.nan], [1, 2, 3], "not a finite number"),
        ([4, 4, 4], [1, 2, 3], "all 3 rows have the order value"),
    ],
)
def test_what_has_no_trend_is_refused(
    order: list[float], distance: list[float], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        trend(np.array(order, float), np.array(distance, float), threshold=3)


def test_distances_all_alike_have_no_trend() -> None:
    found = trend(ORDER, np.ones(200), threshold=3)
    assert (found.direction, found.slope, found.p_value) == ("none", 0.0, 1.0)
