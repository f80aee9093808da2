"""Predictions that are no longer what they were are told by label and by confidence."""

import numpy as np
import pytest

from compute.drift.predictions import prediction_drift
from compute.drift.records import Record
from tests.compute.drift.conftest import by_name


def records(
    seed: int, *, spam: float = 0.2, sure: float = 8, failing: float = 0
) -> list[Record]:
    random = np.random.default_rng(seed)
    return [
        Record(failed=True)
        if random.random() < failing
        else Record("spam" if random.random() < spam else "ham", random.beta(sure, 2))
        for _ in range(300)
    ]


def test_equal_predictions_have_not_drifted() -> None:
    report = prediction_drift(records(0), records(0))
    assert report["verdict"] == "NO_DRIFT"
    assert {column["pValue"] for column in report["columns"]} == {1}
    assert prediction_drift(records(0), records(1))["verdict"] == "NO_DRIFT"


@pytest.mark.parametrize(
    ("changed", "column"),
    [
        (records(1, spam=0.4), "label"),
        (records(1, sure=5), "confidence"),
        (records(1, failing=0.1), "failed"),
    ],
)
def test_drift_is_that_of_what_changed(changed: list[Record], column: str) -> None:
    report = prediction_drift(records(0), changed)
    assert report["verdict"] == "DRIFT"
    verdicts = {name: one["verdict"] for name, one in by_name(report).items()}
    assert verdicts.pop(column) == "DRIFT"
    assert set(verdicts.values()) == {"NO_DRIFT"}


def test_numbers_that_are_foretold_are_compared() -> None:
    random = np.random.default_rng(0)
    low, high = ([Record(value=v) for v in random.normal(m, size=200)] for m in (0, 1))
    report = prediction_drift(low, high)
    assert [column["name"] for column in report["columns"]] == ["value", "failed"]
    assert report["verdict"] == by_name(report)["value"]["verdict"] == "DRIFT"


def test_failures_are_counted() -> None:
    report = prediction_drift(records(0), [Record(failed=True)] * 30)
    assert report["failures"] == {"reference": 0, "current": 1}
    assert report["verdict"] == by_name(report)["failed"]["verdict"] == "DRIFT"
    assert by_name(report)["label"]["verdict"] == "UNKNOWN"


@pytest.mark.parametrize("few", [[], records(0)[:19]])
def test_of_few_predictions_nothing_is_known(few: list[Record]) -> None:
    report = prediction_drift(records(0), few)
    assert report["verdict"] == "UNKNOWN"
    assert len(report["warnings"]) == 1
