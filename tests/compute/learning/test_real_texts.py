"""Public data, where it lies beside the repository: as well as it has been done."""

from collections.abc import Callable
from pathlib import Path

import pytest

from compute.learning.plans import Plan, Split, Task, Trained
from compute.learning.training import train
from compute.tables.limits import Limits
from compute.tables.process import process
from tests.compute.tables.conftest import REAL_DATA

TASK = Task.TEXT_CLASSIFICATION

Learn = Callable[[str, Plan], Trained]


@pytest.fixture
def learn(tmp_path: Path) -> Learn:
    def learn(name: str, plan: Plan) -> Trained:
        table = str(tmp_path / "table")
        process([str(REAL_DATA / "text" / name)], table, Limits())
        return train(table, plan, tmp_path / "model")

    return learn


@pytest.mark.parametrize("rows", [1_672, 1_674])
def test_spam_by_the_published_split(learn: Learn, rows: int) -> None:
    plan = Plan(TASK, "label", split=Split.FIRST, share=rows / 5_574)
    figures = learn("sms_spam.csv", plan).figures
    assert figures["split"]["judged"] == 5_574 - rows
    assert figures["accuracy"] >= 0.988
    assert figures["recall"] >= 0.919
    assert figures["false_positive_rate"] <= 0.001
    assert figures["mcc"] >= 0.95


def test_spam_without_copies(learn: Learn) -> None:
    figures = learn("sms_spam.csv", Plan(TASK, "label")).figures
    assert figures["split"]["distinct"] == figures["split"]["judged"] < 5_171
    assert figures["f1"] >= 0.969
    assert figures["calibration"]["ece"] <= 0.005


def test_ham_spam_and_smishing_are_told_apart_on_the_mean(learn: Learn) -> None:
    plan = Plan(TASK, "label", features=["text"])
    figures = learn("sms_smishing.csv", plan).figures
    assert figures["average"] == "macro"
    assert figures["f1"] >= 0.90
