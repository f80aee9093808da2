"""Whether a model is as often right as it was in training."""

import random

import pytest

from compute.drift.performance import performance
from compute.drift.truths import Trained, Truth

OTHER = {"spam": "ham", "ham": "spam"}
TRAINED = Trained(accuracy=0.95, f1=0.925, positive="spam")


def truths(rows: int, accuracy: float, seed: int = 0) -> list[Truth]:
    """Of each three one is spam; so many answers are right as chance has it."""
    chance = random.Random(seed)  # noqa: S311  to be repeatable
    labels = ["spam" if place % 3 == 0 else "ham" for place in range(rows)]
    return [
        Truth(label if chance.random() < accuracy else OTHER[label], label)
        for label in labels
    ]


def test_a_model_that_is_as_good_as_it_was_is_seldom_called_worse() -> None:
    called = [
        performance(truths(200, 0.95, seed), TRAINED)["verdict"] for seed in range(200)
    ]
    assert called.count("DRIFT") <= 0.05 * 200


def test_a_model_that_errs_three_times_as_often_is_nearly_always_called_worse() -> None:
    called = [
        performance(truths(200, 0.85, seed), TRAINED)["verdict"] for seed in range(50)
    ]
    assert called.count("DRIFT") >= 0.95 * 50


def test_the_same_truths_give_the_same_report() -> None:
    reports = [performance(truths(60, 0.9), TRAINED) for _ in range(2)]
    assert reports[0] == reports[1]


@pytest.mark.parametrize("rows", [0, 1, 19])
def test_of_fewer_than_twenty_truths_nothing_is_said(rows: int) -> None:
    report = performance(truths(rows, 0.0), TRAINED)
    assert report["verdict"] == "UNKNOWN"
    assert report["warnings"] == [
        f"there are {rows} truths; nothing is said of fewer than 20"
    ]


def test_without_figures_of_training_nothing_is_said() -> None:
    report = performance(truths(100, 0.5), Trained())
    assert (report["verdict"], report["figures"]) == ("UNKNOWN", [])


def test_of_several_labels_those_are_compared_that_are_true_of_something() -> None:
    trained = Trained(f1=0.5, labels={"spam": 0.95, "ham": 0.97, "news": 0.1})
    report = performance(truths(100, 1.0), trained)
    [f1] = report["figures"]
    assert (f1["trained"], f1["live"]) == (pytest.approx(0.96), 1.0)


def test_a_prediction_that_failed_is_a_wrong_one() -> None:
    failed = [Truth(None, one.true) for one in truths(40, 1.0)]
    accuracy, f1 = performance(failed, TRAINED)["figures"]
    assert (accuracy["live"], f1["live"]) == (0, 0)


@pytest.mark.parametrize(("off", "verdict"), [(0.1, "NO_DRIFT"), (0.5, "DRIFT")])
def test_of_numbers_the_distances_are_compared(off: float, verdict: str) -> None:
    told = [Truth(float(place), place + off) for place in range(40)]
    report = performance(told, Trained(mae=0.2, rmse=0.2))
    assert report["verdict"] == verdict
    assert [one["name"] for one in report["figures"]] == ["mae", "rmse"]
