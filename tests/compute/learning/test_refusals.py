"""What cannot be learnt is told in a sentence that says what to do."""

from typing import Any

import pytest

from compute.learning.plans import Algorithm, Plan, Split, Task
from compute.tables.errors import TableError
from tests.compute.learning.conftest import Learn

TEXTS, ROWS, NUMBERS = Task.TEXT_CLASSIFICATION, Task.CLASSIFICATION, Task.REGRESSION
AB = ["a", "b"] * 10
NAMED = {"x": list(range(20)), "y": AB}


@pytest.mark.parametrize(
    ("plan", "columns", "message"),
    [
        (Plan(ROWS, "z"), NAMED, "column 'z': there is no such column"),
        (Plan(ROWS, "y", ["z"]), NAMED, "column 'z': there is no such column"),
        (Plan(ROWS, "y", ["x", "y"]), NAMED, "column 'y': the target cannot be a fea"),
        (Plan(ROWS, "y"), {"y": AB}, "there is no column beside the target, 'y'"),
        (
            Plan(ROWS, "y"),
            {**NAMED, "y": ["a"] * 20},
            "column 'y': the target is 'a' in",
        ),
        (
            Plan(NUMBERS, "y"),
            {**NAMED, "y": [1] * 20},
            "column 'y': the target is 1 in",
        ),
        (
            Plan(ROWS, "y"),
            {**NAMED, "y": [None] * 20},
            "column 'y': all cells of the t",
        ),
        (
            Plan(NUMBERS, "y"),
            NAMED,
            "column 'y': the target holds text values, and reg",
        ),
        (Plan(ROWS, "x"), {"x": [n / 7 for n in range(20)], "y": AB}, "is no label"),
        (
            Plan(ROWS, "y"),
            {"x": [1, 2], "y": ["a", "b"]},
            "there are 2 rows to learn fr",
        ),
        (
            Plan(ROWS, "y"),
            {"x": list(range(20)), "y": ["c", *AB[1:]]},
            "column 'y': the label 'c' has one row, and 2 are the fewest",
        ),
        (
            Plan(ROWS, "y"),
            {"x": list(range(402)), "y": [f"{n // 2}" for n in range(402)]},
            "column 'y': the target has 201 different values, and 200 labels are the",
        ),
        (
            Plan(ROWS, "y"),
            {"x": [f"{n}" for n in range(202)], "y": ["a", "b"] * 101},
            "there is no column to learn from",
        ),
        (
            Plan(ROWS, "y", ["x"]),
            {"x": [f"{n}" for n in range(202)], "y": ["a", "b"] * 101},
            "column 'x': the column has 202 different texts",
        ),
        (
            Plan(TEXTS, "y"),
            NAMED,
            "a text is classified by one column of texts, which `features` names; here",
        ),
        (Plan(TEXTS, "y", ["x"]), NAMED, "column 'x': the column holds integer values"),
        (
            Plan(TEXTS, "y"),
            {"a": AB, "b": AB, "y": AB},
            "which `features` names; here are 2: 'a', 'b'",
        ),
        (
            Plan(TEXTS, "y"),
            {"t": [" "] * 20, "y": AB},
            "there is no word in any of the",
        ),
        (
            Plan(ROWS, "y", split=Split.FIRST, share=0.1),
            {"x": list(range(20)), "y": ["a"] * 10 + ["b"] * 10},
            "a split leaves no row to learn from that has the label 'b'",
        ),
        (
            Plan(NUMBERS, "x", split=Split.FIRST, share=0.99),
            NAMED,
            "a split leaves 20 rows to learn from and 0 to judge by",
        ),
        (Plan(TEXTS, "y"), {"t": ["b"] * 20, "y": AB}, "no row to learn from|leaves"),
        (Plan(ROWS, "y", folds=1), NAMED, "folds is 1; it may be from 2 to 20"),
        (Plan(ROWS, "y", share=1.5), NAMED, "share is 1.5; it may be between 0 and 1"),
        (Plan(ROWS, "y", seed=-1), NAMED, "seed is -1; it may be from 0"),
        (
            Plan(ROWS, "y", algorithm=Algorithm.LINEAR_SVM),
            NAMED,
            "linear_svm is no algorithm of classification; choose one of auto",
        ),
        (
            Plan(TEXTS, "y", algorithm=Algorithm.LINEAR_SVM, parameters={"C": 0}),
            NAMED,
            "the parameter 'C' of linear_svm is 0; it may be a number from 0.0001",
        ),
        (
            Plan(TEXTS, "y", algorithm=Algorithm.LINEAR_SVM, parameters={"c": 1}),
            NAMED,
            "linear_svm has no parameter 'c'; it has C",
        ),
    ],
    ids=range(27),
)
def test_what_cannot_be_learnt_is_told_in_a_sentence(
    learn: Learn, plan: Plan, columns: dict[str, Any], message: str
) -> None:
    with pytest.raises((TableError, ValueError), match=message) as caught:
        learn(plan, **columns)
    assert "\n" not in str(caught.value)
