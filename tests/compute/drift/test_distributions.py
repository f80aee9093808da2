"""Tests and distances say what their definitions say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compute.drift.categories import binned, categories
from compute.drift.distributions import (
    Counts,
    contingency,
    holm,
    jensen_shannon,
    kolmogorov_smirnov,
    noticed,
    stability_index,
)
from compute.tables.arrow import pa

COUNTS = st.lists(
    st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=2, max_size=8
).map(lambda pairs: np.array(pairs).T + np.eye(2, len(pairs), dtype=int))
NUMBERS = st.lists(
    st.floats(-1e300, 1e300) | st.sampled_from([0.0, 1.0]), min_size=2, max_size=80
)


@given(counts=COUNTS)
def test_a_test_of_counts_is_symmetrical_and_between_0_and_1(counts: Counts) -> None:
    found, other = contingency(counts), contingency(counts[::-1])
    assert 0 <= found.p_value <= 1
    assert found.p_value == pytest.approx(other.p_value)
    assert found.statistic == pytest.approx(other.statistic)
    assert found.idle == (np.count_nonzero(counts.sum(axis=0)) == 1)


@settings(deadline=None)
@given(first=NUMBERS, second=NUMBERS)
def test_any_two_lists_of_numbers_have_a_p_value(
    first: list[float], second: list[float]
) -> None:
    found = kolmogorov_smirnov(np.array(first), np.array(second))
    assert 0 <= found.p_value <= 1
    assert 0 <= found.statistic <= 1


def test_one_rare_value_on_a_small_side_is_no_drift() -> None:
    assert contingency(np.array([[50_000, 0], [99, 1]])).p_value > 0.001


@given(counts=COUNTS)
def test_what_is_alike_is_at_no_distance(counts: Counts) -> None:
    alike = np.array([counts[0], counts[0]])
    assert jensen_shannon(alike) == pytest.approx(0)
    assert stability_index(alike) == pytest.approx(0)
    assert 0 <= jensen_shannon(counts) <= 1


def test_what_has_nothing_in_common_is_at_distance_1() -> None:
    assert jensen_shannon(np.array([[7, 0], [0, 9]])) == pytest.approx(1)


def test_the_stability_index_is_that_of_the_shares() -> None:
    counts = np.array([[500_000, 500_000], [400_000, 600_000]])
    wanted = 0.1 * np.log(5 / 4) + 0.1 * np.log(6 / 5)
    assert stability_index(counts) == pytest.approx(wanted, rel=1e-4)


@given(p_values=st.lists(st.floats(0, 1), max_size=30), alpha=st.floats(0.001, 0.5))
def test_holms_threshold_rejects_what_stepping_down_rejects(
    p_values: list[float], alpha: float
) -> None:
    rejected = 0
    for place, p_value in enumerate(sorted(p_values)):
        if p_value > alpha / (len(p_values) - place):
            break
        rejected += 1
    threshold = holm(np.array(p_values), alpha)
    assert sum(p_value <= threshold for p_value in p_values) == rejected


@given(numbers=NUMBERS, others=NUMBERS)
def test_bins_count_every_number_once(
    numbers: list[float], others: list[float]
) -> None:
    counts = binned(np.array(numbers), np.array(numbers), np.array(others))
    assert counts.sum(axis=1).tolist() == [len(numbers), len(others)]
    assert counts.shape[1] <= 11


def test_bins_hold_a_tenth_each_and_tell_what_is_less_than_a_constant() -> None:
    numbers = np.arange(1_000.0)
    assert set(binned(numbers, numbers, numbers).ravel().tolist()) == {100}
    ones = np.ones(5)
    assert binned(ones, ones, ones - 1).tolist() == [[0, 5, 0], [5, 0, 0]]


@given(
    first=st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=60),
    second=st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=60),
)
def test_pooling_loses_no_value_and_leaves_no_rare_category_of_several(
    first: list[str], second: list[str]
) -> None:
    pooled = categories(pa.array(first), pa.array(second)).pooled()
    assert pooled.sum(axis=1).tolist() == [len(first), len(second)]
    expected = pooled.sum(axis=0) * pooled.sum(axis=1).min() / pooled.sum()
    used = expected[expected > 0]
    assert len(used) <= 2 or used.min() >= 5


def test_the_shift_that_is_noticed_is_found_in_four_of_five_cases() -> None:
    shift, random = noticed(80, 60, 0.01), np.random.default_rng(0)
    found = [
        kolmogorov_smirnov(
            random.standard_normal(80), random.standard_normal(60) + shift
        ).p_value
        for _ in range(300)
    ]
    assert 0.7 < np.mean(np.array(found) <= 0.01) < 0.9
