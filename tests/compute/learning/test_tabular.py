"""Which columns of a table are learnt from, by which algorithms."""

from typing import Any

import pytest

from compute.learning import tabular
from compute.learning.models import Examples
from compute.learning.plans import Algorithm, Task
from compute.learning.ranges import RANGES
from compute.tables.errors import TableError
from tests.compute.learning.tables import MOMENT, examples, numeric

ROWS = 240


def mixed() -> Examples:
    """A column of each kind, some with gaps, and columns that cannot be learnt from."""
    return examples(
        {
            "n": list(range(ROWS)),
            "f": [None, *(x / 2 for x in range(1, ROWS))],
            "yes": [x % 3 == 0 for x in range(ROWS)],
            "at": [MOMENT] * 7 + [MOMENT.replace(hour=13)] * (ROWS - 7),
            "word": [None, *("ab"[x % 2] for x in range(1, ROWS))],
            "same": [7] * ROWS,
            "id": [f"number {x}" for x in range(ROWS)],
        },
        [x % 2 for x in range(ROWS)],
        "even",
        "odd",
    )


def test_auto_is_every_algorithm_of_the_task_with_its_defaults() -> None:
    found = tabular.candidates(Task.CLASSIFICATION, Algorithm.AUTO, {})
    assert {one.algorithm: one.parameters for one in found} == {
        "logistic_regression": {"C": 1.0},
        "random_forest": {"trees": 100, "depth": 64, "leaf": 1},
    }
    found = tabular.candidates(Task.REGRESSION, Algorithm.AUTO, {})
    assert [one.algorithm for one in found] == ["ridge_regression", "random_forest"]


@pytest.mark.parametrize(
    ("task", "algorithm"),
    [
        (Task.CLASSIFICATION, Algorithm.LOGISTIC_REGRESSION),
        (Task.CLASSIFICATION, Algorithm.RANDOM_FOREST),
        (Task.REGRESSION, Algorithm.RIDGE_REGRESSION),
    ],
)
def test_parameters_may_be_the_least_and_the_most(
    task: Task, algorithm: Algorithm
) -> None:
    for name, one in RANGES[algorithm].items():
        for value in (one.least, one.most):
            found = tabular.candidates(task, algorithm, {name: value})
            assert found[0].parameters[name] == value
        for value in (one.least / 2, one.most * 2, True, "1", None, float("nan")):
            with pytest.raises(ValueError, match=f"{name}.*it may be a .* from"):
                tabular.candidates(task, algorithm, {name: value})


@pytest.mark.parametrize(
    ("algorithm", "parameters", "said"),
    [
        ("auto", {"depth": 3}, "'depth' is no parameter of auto"),
        ("ridge_regression", {}, "ridge_regression is no algorithm of classification"),
        ("random_forest", {"C": 1.0}, "no parameter 'C'; it has trees, depth, leaf"),
        ("random_forest", {"depth": 2.5}, "is 2.5; it may be a whole number from 1"),
    ],
)
def test_what_will_not_do_is_said(
    algorithm: str, parameters: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        tabular.candidates(Task.CLASSIFICATION, Algorithm(algorithm), parameters)


def test_columns_that_cannot_be_learnt_from_are_left_out() -> None:
    found, warnings = tabular.chosen(mixed(), said=False)
    assert list(found.columns) == ["n", "f", "yes", "at", "word"]
    same, many = warnings
    assert same == "the column 'same' is left out, as it has one value in all rows"
    assert many == (
        "the column 'id' is left out, as it has 240 different texts, and 100 are "
        "the most"
    )


def test_a_column_of_too_many_texts_that_was_said_is_refused() -> None:
    with pytest.raises(TableError, match=r"'id'.*240 different texts.*leave it out"):
        tabular.chosen(mixed(), said=True)


def test_a_hundred_texts_and_gaps_are_not_too_many() -> None:
    texts = [None, *(f"{x % 100}" for x in range(199))]
    rows = examples({"x": texts}, [x % 2 for x in range(200)], "a", "b")
    assert tabular.chosen(rows, said=True) == (rows, [])


def test_a_table_without_a_useful_column_is_refused() -> None:
    rows = examples({"x": [1, 1], "y": ["a", "a"]}, [0, 1], "a", "b")
    with pytest.raises(TableError, match=r"no column to learn from.*'x'"):
        tabular.chosen(rows, said=False)


def test_the_schemas_say_what_is_given_and_what_comes() -> None:
    rows, _ = tabular.chosen(mixed(), said=False)
    ways = tabular.candidates(Task.CLASSIFICATION, Algorithm.LOGISTIC_REGRESSION, {})
    model = ways[0].fit(rows, 0)
    given, gives, example = tabular.schemas(model, rows)
    assert given["properties"] == {
        "n": {"type": "integer"},
        "f": {"type": ["number", "null"]},
        "yes": {"type": "boolean"},
        "at": {"type": "string", "format": "date-time"},
        "word": {"type": ["string", "null"]},
    }
    assert given["required"] == ["n", "yes", "at"]
    assert given["additionalProperties"] is False
    assert example == {
        "n": 0,
        "f": 0.5,
        "yes": True,
        "at": "2026-01-31T12:00:00Z",
        "word": "b",
    }
    answer = model.answers([example])[0]
    assert list(answer.output) == gives["required"]
    assert answer.label in gives["properties"]["label"]["enum"]
    assert model.weight > 5_000


def test_a_number_is_foretold_as_a_value() -> None:
    rows = numeric(50, 2, labels=0)
    for way in tabular.candidates(Task.REGRESSION, Algorithm.AUTO, {}):
        model = way.fit(rows, 0)
        _, gives, example = tabular.schemas(model, rows)
        assert gives["properties"] == {"value": {"type": "number"}}
        answer = model.answers([example])[0]
        assert answer.label is None
        assert answer.confidence is None
        assert answer.output["value"] == pytest.approx(rows.target[0], abs=20)
