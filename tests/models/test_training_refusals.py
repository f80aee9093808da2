"""What cannot be learnt: told at once where the profile shows it, else by the job."""

from typing import Any

import pytest

from compute.learning.ranges import ALGORITHMS, RANGES
from resolvers.equipment import Equipment
from tests.conftest import As, Ask
from tests.journeys import codes, created, csv, errors, parquet
from tests.models.learning import (
    START,
    learnt_from,
    machines,
    messages,
    start,
    trained,
)
from tests.worlds import working

TEXTS = messages(40, "spam", "ham")
WEAR = {"task": "REGRESSION", "target": "wear"}
FAILS = {"task": "CLASSIFICATION", "target": "fails"}
FOREST = {**FAILS, "algorithm": "RANDOM_FOREST"}
SVM = {"algorithm": "LINEAR_SVM"}


def labelled(*labels: object, of: str = "text") -> bytes:
    """A table of texts, each with one of some labels in turn."""
    return csv(["label", of], [[one, f"word {n}"] for n, one in enumerate(labels)])


AT_ONCE: list[tuple[bytes, dict[str, Any], str, str]] = [
    (TEXTS, {"target": "lable"}, "target", "no column 'lable'; there are 'label', "),
    (labelled(*["ham"] * 20), {}, "target", "'label' is the same in all rows"),
    (labelled(*[""] * 20), {}, "target", "all cells of the target 'label' are empty"),
    (labelled("spam", "ham"), {}, "target", "2 rows to learn from, and 10 are the few"),
    (labelled(*["", "", "a", "b"] * 4), {}, "target", "there are 8 rows to learn from"),
    (labelled(*range(300)), {}, "target", "more than 200 different values"),
    (
        machines(40),
        {**WEAR, "target": "kind"},
        "target",
        "text values; regression needs",
    ),
    (
        TEXTS,
        {"target": "label", "task": "REGRESSION"},
        "target",
        "regression needs num",
    ),
    (
        machines(40),
        {"target": "fails", "features": ["load"]},
        "features",
        "float values",
    ),
    (machines(40), {**WEAR, "features": ["heat", "cold"]}, "features", "column 'cold'"),
    (machines(40), {**WEAR, "features": []}, "features", "of no feature can anything"),
    (machines(40), {**WEAR, "features": ["heat", "heat"]}, "features", "named once"),
    (
        machines(40),
        {**WEAR, "features": ["wear"]},
        "features",
        "cannot be a feature as",
    ),
    (machines(40), {"target": "wear"}, "features", "here are 2: 'kind', 'fails'"),
    (TEXTS, {"algorithm": "RANDOM_FOREST"}, "algorithm", "is done by auto, linear_svm"),
    (machines(40), {**WEAR, **SVM}, "algorithm", "linear_svm is not for regression"),
    (TEXTS, {"parameters": {"C": 1}}, "parameters", "'C' is no parameter of auto"),
    (
        TEXTS,
        {**SVM, "parameters": {"c": 1}},
        "parameters",
        "no parameter 'c'; it has C",
    ),
    (
        TEXTS,
        {**SVM, "parameters": {"C": -1}},
        "parameters",
        "is -1; it may be a number",
    ),
    (
        TEXTS,
        {**SVM, "parameters": {"C": "1"}},
        "parameters",
        "is '1'; it may be a numb",
    ),
    (TEXTS, {**SVM, "parameters": [1]}, "parameters", "parameters are an object"),
    (
        machines(40),
        {**FOREST, "parameters": {"trees": 1e9}},
        "parameters",
        "from 10 to",
    ),
    (TEXTS, {"folds": 1}, "folds", "from 2 to 20 folds, not 1"),
    (TEXTS, {"folds": 21}, "folds", "not 21"),
    (TEXTS, {"share": 1.0}, "share", "between 0 and 1, not 1.0"),
    (TEXTS, {"seed": -1}, "seed", "0 or more, not -1"),
    (TEXTS, {"modelName": None}, "model", "say either a model or the name of one"),
    (TEXTS, {"modelName": " "}, "modelName", "a name has from 1 to 255 characters"),
    (TEXTS, {"label": "v" * 51}, "label", "from 1 to 50 characters"),
    (TEXTS, {"alias": "1st"}, "alias", "'1st' is no alias: a letter, then"),
    (TEXTS, {"dataset": None}, "dataset", "needs a dataset or a version of one"),
]

BY_THE_JOB: list[tuple[bytes, dict[str, Any], str]] = [
    (labelled(*["a", "b"] * 10, "c"), {}, "the label 'c' has one row"),
    (
        csv(["kind", "wear"], [[f"k{n}", n] for n in range(2_000)]),
        {**WEAR, "features": ["kind"]},
        "2000 different texts, and 100 are the most; leave it out",
    ),
    (
        csv(["load", "fails"], [[n or "x", n % 2] for n in range(2_000)]),
        {"task": "CLASSIFICATION", "target": "fails"},
        "there is no column to learn from",
    ),
]


@pytest.mark.parametrize(("table", "given", "field", "said"), AT_ONCE)
async def test_what_the_profile_shows_to_be_wrong_is_told_at_once(
    ask: Ask,
    equipment: Equipment,
    table: bytes,
    given: dict[str, Any],
    field: str,
    said: str,
) -> None:
    async with working(equipment):
        dataset = await learnt_from(ask, table)
    payload = await start(ask, **{"dataset": dataset, **given})
    assert payload["trainingJob"] is None
    assert errors(payload) == [("INVALID", [field])]
    assert said in payload["userErrors"][0]["message"]


@pytest.mark.parametrize(("table", "given", "said"), BY_THE_JOB)
async def test_what_only_the_rows_show_is_told_by_the_job(
    ask: Ask, worker: None, table: bytes, given: dict[str, Any], said: str
) -> None:
    dataset = await learnt_from(ask, table)
    made = await trained(ask, dataset=dataset, **given)
    assert (made["status"], made["modelVersion"]) == ("FAILED", None)
    assert said in made["errorMessage"]


async def test_a_million_kinds_are_too_many_labels(ask: Ask, worker: None) -> None:
    kinds = [f"k{n}" for n in range(1_000_000)]
    dataset = await learnt_from(ask, parquet({"kind": kinds, "load": [1] * len(kinds)}))
    payload = await start(ask, dataset=dataset, target="kind", task="CLASSIFICATION")
    assert errors(payload) == [("INVALID", ["target"])]
    assert "more than 200 different values" in payload["userErrors"][0]["message"]


async def test_an_unknown_algorithm_or_task_is_no_operation(as_: As, ask: Ask) -> None:
    usual = {"task": "TEXT_CLASSIFICATION", "target": "label", "modelName": "filter"}
    for wrong in ({"algorithm": "DEEP_LEARNING"}, {"task": "MAGIC"}):
        assert await codes(as_, START, input={**usual, **wrong})


async def test_a_dataset_that_was_never_processed_is_not_learnt_from(
    ask: Ask, equipment: Equipment
) -> None:
    dataset = await created(ask, TEXTS)
    payload = await start(ask, dataset=dataset)
    assert errors(payload) == [("CONFLICT", ["dataset"])]


def test_every_algorithm_has_parameters_that_can_be_checked_before() -> None:
    assert {one for ways in ALGORITHMS.values() for one in ways} == set(RANGES)
