"""What must hold of a map, whatever it is a map of."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from compute import embedding
from compute.arrays import Double
from compute.embedding import Embedding, embed
from compute.kernels import Likeness, liken, strain
from compute.parameters import Parameters
from tests.compute.spectra import spectra

TABLES = {
    "spectra": spectra(200),
    "clouds": np.vstack(
        [np.eye(9)[k % 3] * 8 + spectra(30, seed=k)[:, :9] for k in range(6)]
    ),
    "noise": np.random.default_rng(3).standard_normal((150, 20)),
    "a line": np.linspace(0, 3, 40)[:, None],
}
every_table = pytest.mark.parametrize("features", TABLES.values(), ids=TABLES)


def documented_cost(features: Double, found: Embedding) -> float:
    """The mean squared error of the similarities, straight from their definition."""
    scaled = found.scale.apply(features)
    first, second = np.triu_indices(len(features), 1)
    wide = np.linalg.norm(scaled[first] - scaled[second], axis=1)
    lo, hi = wide[wide > 0].min(), wide.max()
    d = np.maximum(wide - lo, 0) / (hi - lo)
    w1 = d.mean()
    flat = np.linalg.norm(found.points[first] - found.points[second], axis=1)

    def similarity(distance: Double) -> Double:
        return 0.8 * np.exp(-(distance**2) / w1) + 0.2 * (1 - distance**2)

    return float(np.mean((similarity(d) - similarity(flat)) ** 2))


@every_table
def test_the_cost_is_the_documented_one(features: Double) -> None:
    found = embed(features)
    assert found.cost == pytest.approx(
        documented_cost(features, found), rel=1e-3, abs=1e-9
    )


@every_table
def test_the_cost_is_no_worse_than_the_best_of_three_documented_runs(
    features: Double,
) -> None:
    runs = [
        embed(features, Parameters(optimizer="adam", seed=seed)) for seed in range(3)
    ]
    assert embed(features).cost <= 1.001 * min(run.cost for run in runs) + 1e-12


@every_table
def test_the_same_table_gives_the_same_bytes(features: Double) -> None:
    assert embed(features).points.tobytes() == embed(features.copy()).points.tobytes()


@every_table
def test_rows_in_another_order_get_the_same_points(features: Double) -> None:
    order = np.random.default_rng(1).permutation(len(features))
    moved = embed(features[order]).points
    assert moved == pytest.approx(embed(features).points[order], abs=1e-4)


@every_table
def test_the_unit_of_the_features_does_not_matter(features: Double) -> None:
    assert embed(features * 9.81).points == pytest.approx(
        embed(features).points, abs=1e-4
    )


def test_an_offset_of_all_rows_does_not_matter() -> None:
    features = TABLES["noise"]
    offset = np.random.default_rng(5).standard_normal(features.shape[1])
    assert embed(features + offset).points == pytest.approx(
        embed(features).points, abs=1e-4
    )


def test_a_flat_table_is_drawn_as_it_is() -> None:
    random = np.random.default_rng(2)
    flat = random.uniform(-1, 1, (60, 2)) * (2, 1)
    points = embed(flat, Parameters(scale="linear")).points
    first, second = np.triu_indices(60, 1)
    true = np.linalg.norm(flat[first] - flat[second], axis=1)
    drawn = np.linalg.norm(points[first] - points[second], axis=1)
    assert np.corrcoef(true, drawn)[0, 1] > 0.999


def test_the_wider_axis_comes_first_and_points_to_the_larger_features() -> None:
    features = TABLES["a line"]
    points = embed(features).points
    assert points[:, 0].std() >= points[:, 1].std()
    assert points[-1, 0] > points[0, 0]


def test_spectra_are_compared_by_their_logarithms_and_tables_as_they_are() -> None:
    assert embed(TABLES["spectra"]).scale.floor > 0
    assert embed(TABLES["noise"]).scale.floor == 0
    assert embed(np.abs(TABLES["noise"])).scale.floor == 0
    assert embed(TABLES["spectra"], Parameters(scale="linear")).scale.floor == 0


def test_equal_rows_are_drawn_at_one_place() -> None:
    features = np.repeat(spectra(20), 3, axis=0)
    points = embed(features).points.reshape(20, 3, 2)
    assert np.ptp(points, axis=1).max() < 1e-3


def test_more_rows_than_can_be_paired_are_placed_by_landmarks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    features = spectra(400)
    whole = embed(features)
    monkeypatch.setattr(embedding, "MOST_ROWS", 300)
    monkeypatch.setattr(embedding, "LANDMARKS", 200)
    parts = embed(features)
    assert len(parts.landmarks) == 200
    assert parts.points.shape == (400, 2)
    assert documented_cost(features, parts) < 1.3 * whole.cost + 1e-4


def test_a_large_map_holds_each_pair_once_and_little_else() -> None:
    features = spectra(1500, width=64)
    embed(features[:50])
    tracemalloc.start()
    embed(features)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 0.7 * 1500**2 * 4 + 2e6


@pytest.mark.parametrize(
    ("features", "reason"),
    [
        (np.ones((5, 4)), "all 5 rows are equal"),
        (np.ones((1, 4)), "at least 2 rows"),
        (np.ones((0, 4)), "at least 2 rows"),
        (np.ones((3, 0)), "rows and columns"),
        (np.ones(3), "rows and columns"),
        (np.array([[0.0, 1.0], [2.0, np.nan]]), "row 1, column 1 is nan"),
        (np.array([[0.0, np.inf], [2.0, 1.0]]), "row 0, column 1 is inf"),
        (np.array([[0.0, 1e200], [2.0, 1.0]]), "row 0, column 1 is 1e"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_a_sentence(
    features: Double, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        embed(features)


def test_a_logarithm_of_something_negative_is_refused() -> None:
    with pytest.raises(ValueError, match=r"row 1, column 0 is -1\.0"):
        embed(np.array([[1.0, 2.0], [-1.0, 3.0]]), Parameters(scale="log"))


def test_a_table_of_16377_columns_has_a_map() -> None:
    assert np.isfinite(embed(spectra(12, width=16377)).points).all()


@given(
    arrays(
        np.float64,
        st.tuples(st.integers(2, 12), st.integers(1, 6)),
        elements=st.sampled_from([0.0, 1.0, 2.0, -3.5, 1e-9, 1e9, 1e60, -1e60]),
    )
)
@settings(max_examples=60, deadline=None)
def test_any_small_table_has_a_map_or_a_sentence(features: Double) -> None:
    try:
        found = embed(features)
    except ValueError as error:
        assert "equal" in str(error) or "alike" in str(error)  # noqa: PT017  # either is right
    else:
        assert np.isfinite(found.points).all()
        assert np.isfinite(found.cost)


def test_the_gradient_is_that_of_the_cost() -> None:
    random = np.random.default_rng(8)
    shape = Likeness(a=0.8, w1=0.3, w2=1.0, lo=0.0, hi=2.0)
    target = random.uniform(0, 2, (70, 70)).astype(np.float32)
    liken(target, shape)
    points, way = random.uniform(-1, 1, (2, 2, 70))
    gradient, unused = np.empty((2, 70)), np.empty((2, 70))

    def cost(step: float) -> float:
        xs, ys = (points + step * way).astype(np.float32)
        return strain(target, xs, ys, shape, unused)

    xs, ys = points.astype(np.float32)
    strain(target, xs, ys, shape, gradient)
    slope = (cost(1e-2) - cost(-1e-2)) / 2e-2
    assert np.sum(gradient * way) == pytest.approx(slope, rel=1e-2)
