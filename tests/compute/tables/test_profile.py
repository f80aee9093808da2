"""The profile of a column says what numpy and plain counting say."""

import json
import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from compute.tables import numbers, sketches
from compute.tables.arrow import pa
from tests.compute.tables.conftest import Canonical

LARGEST = 1.7976931348623157e308
SETTINGS = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def profiled(canonical: Canonical, values: Sequence[Any]) -> dict[str, Any]:
    """The profile of one column; it is JSON and its counts add up."""
    table = canonical(pa.table({"c": values}))
    [column] = json.loads(json.dumps(table.profile, allow_nan=False))
    assert column["nulls"] == values.count(None)
    assert column["uniques"] == len({value for value in values if value is not None})
    assert column["uniquesApproximate"] is False
    return column


@SETTINGS
@given(
    values=st.lists(
        st.none() | st.floats(-1e100, 1e100).filter(lambda x: not 0 < abs(x) < 1e-100),
        min_size=1,
        max_size=300,
    ).filter(any)
)
@example(values=[1.0, 1.0])
@example(values=[0.0, -0.0, 1.0])
def test_figures_of_numbers_are_those_of_numpy(
    canonical: Canonical, values: list[float | None]
) -> None:
    column = profiled(canonical, values)
    known = np.array([value for value in values if value is not None])
    blur = 1e-9 * float(np.abs(known).max())
    assert (column["min"], column["max"]) == (known.min(), known.max())
    assert column["mean"] == pytest.approx(known.mean(), abs=blur)
    assert column["standardDeviation"] == pytest.approx(known.std(), abs=blur)
    quantiles = np.quantile(known, [float(q) for q in column["quantiles"]])
    assert list(column["quantiles"].values()) == pytest.approx(quantiles, abs=blur)


@SETTINGS
@given(
    values=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1)
    | st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1)
)
@example(values=[LARGEST, -LARGEST])
@example(values=[LARGEST])
@example(values=[5e-324])
@example(values=[0.0])
@example(values=[1.0, math.nextafter(1.0, 2.0)])
def test_no_numbers_are_too_large_too_small_or_too_alike(
    canonical: Canonical, values: list[float]
) -> None:
    column = profiled(canonical, values)
    edges, counts = column["histogram"]["edges"], column["histogram"]["counts"]
    assert 11 <= len(edges) == len(counts) + 1 <= 21
    assert edges == sorted(edges)
    assert edges[0] <= float(min(values)) <= float(max(values)) <= edges[-1]
    assert sum(counts) == len(values)
    quantiles = list(column["quantiles"].values())
    assert float(min(values)) <= quantiles[0] <= quantiles[-1] <= float(max(values))
    assert float(min(values)) <= column["mean"] <= float(max(values))
    assert column["standardDeviation"] >= 0


def test_a_histogram_counts_what_lies_between_its_edges(canonical: Canonical) -> None:
    values = np.random.default_rng(1).normal(size=5_000).tolist()
    histogram = profiled(canonical, values)["histogram"]
    counts, edges = np.histogram(values, bins=len(histogram["counts"]))
    assert histogram["edges"] == pytest.approx(edges.tolist())
    assert histogram["counts"] == counts.tolist()


@SETTINGS
@given(
    values=st.lists(
        st.none() | st.text("abcé", max_size=3) | st.just("long" * 100), min_size=1
    ).filter(any)
)
def test_figures_of_texts_are_those_of_counting(
    canonical: Canonical, values: list[str | None]
) -> None:
    column = profiled(canonical, values)
    counts = Counter(value for value in values if value is not None)
    lengths = [len(text) for text in counts]
    assert (column["shortest"], column["longest"]) == (min(lengths), max(lengths))
    top = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:10]
    assert [entry["count"] for entry in column["top"]] == [n for _, n in top]
    for entry, (text, _) in zip(column["top"], top, strict=True):
        assert entry["value"] == (text if len(text) < 200 else text[:199] + "…")


def test_figures_of_truths_and_times(canonical: Canonical) -> None:
    table = canonical("b,t\ntrue,2013-07-05\nfalse,2013-07-04\ntrue,\n")
    truths, times = table.profile
    assert truths == {
        "name": "b",
        "type": "boolean",
        "nulls": 0,
        "uniques": 2,
        "uniquesApproximate": False,
        "true": 2,
        "false": 1,
    }
    assert (times["nulls"], times["uniques"]) == (1, 2)
    assert times["earliest"] == "2013-07-04T00:00:00"
    assert times["latest"] == "2013-07-05T00:00:00"


def test_a_column_without_values_has_a_profile(canonical: Canonical) -> None:
    [_, column] = canonical("a,b\n1,\n2,\n").profile
    assert (column["type"], column["nulls"], column["uniques"]) == ("text", 2, 0)
    assert (column["shortest"], column["top"]) == (None, [])


def test_of_many_numbers_quantiles_are_close_and_always_the_same(
    canonical: Canonical, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numbers, "EXACT", 20_000)
    values = np.random.default_rng(2).normal(size=200_000)
    table = pa.table({"c": values})
    [column] = canonical(table).profile
    assert column["quantilesApproximate"] is True
    exact = np.quantile(values, [float(q) for q in column["quantiles"]])
    assert list(column["quantiles"].values()) == pytest.approx(exact, abs=0.1)
    assert column["mean"] == pytest.approx(values.mean())
    assert canonical(table).profile == [column]


def test_of_many_different_values_the_number_is_nearly_told(
    canonical: Canonical,
) -> None:
    numbers_ = np.arange(300_000)
    table = canonical(pa.table({"n": numbers_, "t": [f"t{n}" for n in numbers_]}))
    for column in table.profile:
        assert column["uniquesApproximate"] is True
        assert column["uniques"] == pytest.approx(300_000, rel=0.02)


def test_frequent_texts_are_found_among_many_rare_ones(
    canonical: Canonical, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sketches, "TALLIED", 1_000)
    texts = [f"rare {n}" if n % 4 else f"often {n % 3}" for n in range(150_000)]
    [column] = canonical(pa.table({"c": texts})).profile
    assert column["topApproximate"] is True
    top = [(entry["value"], entry["count"]) for entry in column["top"]]
    assert top[:3] == [(f"often {n}", 12_500) for n in range(3)]
