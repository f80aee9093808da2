"""What a reference says of new rows, and what it must not depend on."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compute import reference
from compute.arrays import Double
from compute.reference import from_bytes, make, to_bytes
from compute.scoring import THRESHOLD, Scores, responsible, score, severity, threshold
from tests.compute.spectra import MONITOR, auroc, recorded, spectra

BASELINE = spectra(300)
_, REFERENCE = make(BASELINE)
HEALTHY = spectra(200, seed=1)
WORN = spectra(40, wear=1.0, seed=2)

FOUND = [
    (MONITOR / folder, name, least)
    for folder, name, least in (
        ("cwru", "1797", 0.999),
        ("femto", "bearing1_1", 0.999),
        ("femto", "bearing2_1", 0.98),
        ("femto", "bearing3_2", 0.99),
    )
    if (MONITOR / folder / f"{name}_baseline.csv.gz").exists()
]


def columns(scores: Scores) -> Double:
    """All that is said of each row, side by side."""
    figures = (scores.distance, scores.plane, scores.space, scores.residual)
    return np.column_stack([scores.points, *figures])


def test_worn_rows_are_found_and_healthy_ones_left_alone() -> None:
    scores = score(REFERENCE, np.vstack([HEALTHY, WORN]))
    anomalous = scores.distance > scores.threshold
    assert anomalous[:200].mean() <= 0.03
    assert anomalous[200:].mean() >= 0.95
    assert auroc(scores.distance, [False] * 200 + [True] * 40) > 0.99


if FOUND:  # the sets are no part of the repository

    @pytest.mark.parametrize(("folder", "name", "least"), FOUND)
    def test_real_wear_is_told_from_real_health(
        folder: Path, name: str, least: float
    ) -> None:
        baseline, monitored, bad = recorded(folder, name)
        scores = score(make(baseline)[1], monitored)
        alarms = scores.distance > scores.threshold
        assert auroc(scores.distance, bad) >= least
        assert alarms[np.logical_not(bad)].mean() <= 0.03


@given(st.lists(st.integers(0, 239), min_size=1, max_size=30))
@settings(max_examples=30, deadline=None)
def test_a_row_scores_the_same_alone_and_in_any_batch(chosen: list[int]) -> None:
    rows = np.vstack([HEALTHY, WORN])[chosen]
    alone = np.vstack([columns(score(REFERENCE, row[None])) for row in rows])
    assert columns(score(REFERENCE, rows)) == pytest.approx(alone, rel=1e-6, abs=1e-6)


def test_how_an_array_lies_in_memory_does_not_matter() -> None:
    turned = np.asfortranarray(HEALTHY)
    assert np.array_equal(
        columns(score(REFERENCE, turned)), columns(score(REFERENCE, HEALTHY))
    )


def test_the_unit_of_the_features_does_not_matter_to_a_score() -> None:
    _, other = make(BASELINE * 9.81)
    scores = score(other, HEALTHY * 9.81)
    assert columns(scores) == pytest.approx(
        columns(score(REFERENCE, HEALTHY)), abs=1e-4
    )


def test_a_row_of_the_baseline_falls_where_the_map_has_it() -> None:
    found, same = make(BASELINE)
    offset = np.linalg.norm(score(same, BASELINE).points - found.points, axis=1)
    assert np.median(offset) < 0.05


def test_a_stored_reference_answers_the_same() -> None:
    stored = from_bytes(to_bytes(REFERENCE))
    assert np.array_equal(columns(score(stored, WORN)), columns(score(REFERENCE, WORN)))
    assert to_bytes(stored) == to_bytes(make(BASELINE)[1])


STORED = to_bytes(make(spectra(20, width=16))[1])


@given(st.integers(0, len(STORED) - 1), st.integers(0, 255))
@settings(max_examples=300, deadline=None)
def test_a_damaged_reference_is_refused_or_unharmed(at: int, byte: int) -> None:
    data = STORED[:at] + bytes([byte]) + STORED[at + 1 :]
    try:
        read = from_bytes(data)
    except ValueError:
        return
    assert to_bytes(read) == STORED


@pytest.mark.parametrize(
    "data", [b"", b"PK", STORED[:-100], STORED[: len(STORED) // 2]]
)
def test_bytes_that_are_no_reference_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="are not a stored reference"):
        from_bytes(data)


def test_a_reference_of_another_version_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reference, "VERSION", 2)
    with pytest.raises(ValueError, match="of version 1, and 2 is read"):
        from_bytes(STORED)


def test_a_sensitivity_of_3_gives_the_published_threshold() -> None:
    assert threshold(3) == THRESHOLD
    assert score(REFERENCE, HEALTHY, 5).threshold == pytest.approx(THRESHOLD * 3 / 5)
    for wrong in (0.4, 5.1, float("nan")):
        with pytest.raises(ValueError, match=r"0\.5 to 5"):
            threshold(wrong)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (np.ones((1, 7)), "a row has 7 features, and the reference has 128"),
        (np.full((1, 128), np.nan), "row 0, column 0 is nan"),
    ],
)
def test_a_row_that_does_not_fit_is_refused(rows: Double, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        score(REFERENCE, rows)


def test_no_rows_have_no_scores() -> None:
    scores = score(REFERENCE, np.empty((0, 128)))
    assert columns(scores).shape == (0, 6)
    assert responsible(REFERENCE, np.empty((0, 128)), scores) == []


@pytest.mark.parametrize("value", [0.0, -1e90, 1e90])
def test_a_row_however_far_away_has_a_score(value: float) -> None:
    scores = score(REFERENCE, np.full((1, 128), value))
    assert np.isfinite(columns(scores)).all()
    assert scores.distance[0] > scores.threshold


@pytest.mark.parametrize("rows", [2, 3, 5, 12])
def test_a_tiny_baseline_still_scores(rows: int) -> None:
    _, tiny = make(spectra(rows))
    assert np.isfinite(columns(score(tiny, HEALTHY[:5]))).all()


def test_a_constant_feature_that_moves_is_found_and_named() -> None:
    table = np.random.default_rng(4).standard_normal((200, 6))
    table[:, 2] = 7.0
    _, steady = make(table)
    moved = table[:1].copy()
    moved[0, 2] = 20.0
    scores = score(steady, moved)
    assert scores.distance[0] > scores.threshold
    assert responsible(steady, moved, scores)[0][0].feature == 2


def test_the_features_that_moved_are_the_ones_responsible() -> None:
    rows = HEALTHY.copy()
    rows[:, [11, 90]] *= 1e4
    scores = score(REFERENCE, rows)
    for blames in responsible(REFERENCE, rows, scores):
        assert {blame.feature for blame in blames[:2]} == {11, 90}
        assert all(blame.shift > 3 for blame in blames[:2])


def test_blame_is_ranked_shared_out_and_only_for_anomalies() -> None:
    rows = np.vstack([HEALTHY, WORN])
    scores = score(REFERENCE, rows)
    for blames, distance in zip(
        responsible(REFERENCE, rows, scores), scores.distance, strict=True
    ):
        shares = [blame.share for blame in blames]
        assert bool(blames) == (distance > scores.threshold)
        assert len(blames) <= 10
        assert shares == sorted(shares, reverse=True)
        assert all(0 < share <= 1 for share in shares)
        assert sum(shares) <= 1 + 1e-9


def test_all_shares_of_a_row_are_together_the_whole() -> None:
    scores = score(REFERENCE, WORN[:1])
    blames = responsible(REFERENCE, WORN[:1], scores, top=128)[0]
    assert sum(blame.share for blame in blames) == pytest.approx(1)


def test_severity_rises_with_the_distance() -> None:
    steps = [severity(ratio * 3.41, 3.41) for ratio in (1.01, 1.5, 2.5, 4.0, 1e9)]
    assert steps == ["low", "medium", "high", "critical", "critical"]


def test_a_reference_is_a_value_that_scoring_does_not_change() -> None:
    kept = from_bytes(to_bytes(REFERENCE))
    score(kept, WORN)
    assert to_bytes(kept) == to_bytes(REFERENCE)
