"""Learning from a table: what is refused, what is told, and that it is true."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compute import progress
from compute.learning import choosing, files
from compute.learning.plans import Algorithm, Plan, Split, Task, Trained
from tests.compute.learning.conftest import Learn
from tests.compute.learning.independent import of_rows, of_texts
from tests.compute.learning.messages import messages, spam, table

TEXTS, ROWS, NUMBERS = Task.TEXT_CLASSIFICATION, Task.CLASSIFICATION, Task.REGRESSION
LOGISTIC = Algorithm.LOGISTIC_REGRESSION


def figures_of(trained: Trained) -> dict[str, float]:
    return {**trained.figures, "ece": trained.figures["calibration"]["ece"]}


def test_the_figures_of_texts_are_those_of_an_independent_script(learn: Learn) -> None:
    columns = spam()
    trained = learn(Plan(TEXTS, "label"), **columns)
    truth = [int(label == "spam") for label in columns["label"]]
    wanted = of_texts(columns["text"], truth)
    ours = figures_of(trained)
    assert {name: ours[name] for name in wanted} == pytest.approx(wanted, abs=1e-4)
    assert trained.figures["positive"] == "spam"
    split = trained.figures["split"]
    assert (split["rows"], split["distinct"], split["judged"]) == (150, 120, 120)


def test_the_figures_of_rows_are_those_of_an_independent_script(learn: Learn) -> None:
    columns = table()
    plan = Plan(ROWS, "y", features=["a", "b", "c"], algorithm=LOGISTIC)
    trained = learn(plan, **columns)
    cells = np.column_stack([columns[name] for name in "abc"])
    wanted = of_rows(cells, (columns["y"] == "yes").astype(int))
    ours = figures_of(trained)
    assert {name: ours[name] for name in wanted} == pytest.approx(wanted, abs=1e-9)


def test_the_same_table_and_plan_give_the_same_file_and_figures(learn: Learn) -> None:
    one, other = (learn(Plan(TEXTS, "label", folds=3), **spam()) for _ in range(2))
    assert one == other
    assert learn(Plan(TEXTS, "label", folds=3, seed=1), **spam()).figures != one.figures


def test_the_model_that_is_kept_answers_as_it_was_judged(
    learn: Learn, tmp_path: Path
) -> None:
    columns = spam()
    plan = Plan(TEXTS, "label", split=Split.FIRST, share=0.6)
    trained = learn(plan, **columns)
    model = files.load(tmp_path / "model", trained.sha256)
    assert (tmp_path / "model").stat().st_size == trained.size_bytes
    answers = model.answers([{"text": text} for text in columns["text"][90:]])
    right = [
        answer.label == label
        for answer, label in zip(answers, columns["label"][90:], strict=True)
    ]
    assert trained.figures["accuracy"] == pytest.approx(np.mean(right))
    assert np.sum(trained.figures["confusion_matrix"]) == len(right)
    assert trained.figures["split"]["judged"] == len(right) == 60


def test_copies_that_are_judged_though_they_were_learnt_are_told(learn: Learn) -> None:
    plan = Plan(TEXTS, "label", split=Split.FIRST, share=0.8)
    (warning,) = learn(plan, **spam()).warnings
    assert warning.startswith("of the rows that are judged, 30 are copies of rows")
    assert learn(replace(plan, split=Split.RANDOM), **spam()).warnings == []


def test_the_candidates_are_compared_and_the_choice_is_explained(learn: Learn) -> None:
    plan = Plan(ROWS, "y", features=["a", "b", "c"], folds=2)
    trained = learn(plan, **table())
    tried = {one["algorithm"]: one["score"] for one in trained.figures["candidates"]}
    assert set(tried) == {"logistic_regression", "random_forest"}
    assert trained.figures["f1"] == max(tried.values()) == tried[trained.algorithm]
    assert trained.figures["choice"].startswith(f"{trained.algorithm} (")
    assert "f1 0." in trained.figures["choice"]
    assert "on all 200 rows" in trained.figures["choice"]


def test_many_rows_are_compared_by_some_and_judged_by_all(
    learn: Learn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choosing, "COMPARED", 100)
    plan = Plan(NUMBERS, "sum", features=["a", "b", "c"], folds=2)
    trained = learn(plan, **table())
    assert trained.figures["choice"].endswith("on 100 of 200 rows")
    assert trained.algorithm is Algorithm.RIDGE_REGRESSION
    assert trained.figures["split"]["judged"] == 200
    assert trained.figures["rmse"] == pytest.approx(1.0, abs=0.15)
    assert [one["quantile"] for one in trained.figures["residuals"]][2] == 0.5


def test_more_than_two_labels_are_judged_each_and_on_the_mean(learn: Learn) -> None:
    texts, labels = messages(150, "ham", "spam", "bank")
    trained = learn(Plan(TEXTS, "label", folds=3), text=texts, label=labels)
    figures = trained.figures
    assert trained.labels == ["bank", "ham", "spam"]
    assert figures["average"] == "macro"
    each = figures["per_class"]
    assert [one["support"] for one in each] == [50, 50, 50]
    assert figures["f1"] == pytest.approx(np.mean([one["f1"] for one in each]))
    assert figures["weighted"]["f1"] == pytest.approx(figures["f1"])
    assert np.sum(figures["confusion_matrix"], axis=1).tolist() == [50, 50, 50]
    assert "positive" not in figures


@pytest.mark.parametrize("split", Split)
@pytest.mark.parametrize("task", Task)
def test_figures_are_fit_for_json(learn: Learn, task: Task, split: Split) -> None:
    if task is TEXTS:
        trained = learn(Plan(task, "label", split=split, folds=2), **spam(60, 0))
    else:
        target = "sum" if task is NUMBERS else "y"
        plan = Plan(task, target, features=["a", "b", "c"], split=split, folds=2)
        trained = learn(plan, **table(60))
    assert json.loads(json.dumps(trained.figures, allow_nan=False)) == trained.figures
    assert split is Split.RANDOM or "learn" in trained.figures["split"]["sentence"]
    assert trained.input_example.keys() == trained.input_schema["properties"].keys()


def test_progress_is_told_fold_by_fold_and_only_grows(learn: Learn) -> None:
    heard = list[tuple[float, str | None]]()
    progress.listen(lambda share, line: heard.append((share, line)))
    try:
        learn(Plan(TEXTS, "label", folds=3), **spam())
    finally:
        progress.listen(None)
    shares, lines = zip(*heard, strict=True)
    assert list(shares) == sorted(shares)
    assert lines[0] == "150 rows, of which 120 are distinct"
    assert [line[:26] for line in lines[1:4]] == [
        f"linear_svm, fold {fold} of 3: f1"[:26] for fold in (1, 2, 3)
    ]
    assert shares[-1] == 1


def test_rows_without_a_target_or_a_text_are_left_out(learn: Learn) -> None:
    columns = spam(60, 0)
    label, text = [None, *columns["label"][1:]], [*columns["text"][:58], None, None]
    trained = learn(Plan(TEXTS, "label", folds=2), label=label, text=text)
    assert trained.figures["split"]["rows"] == 57
    assert trained.warnings == [
        "1 row is left out: column 'label' is empty there",
        "2 rows are left out: column 'text' is empty there",
    ]


@pytest.mark.parametrize("name", ["", "a b", "'; --", "😀", "label ", "a\nb"])
def test_a_column_may_have_any_name(learn: Learn, tmp_path: Path, name: str) -> None:
    columns = spam(40, 0)
    plan = Plan(TEXTS, "label", folds=2)
    trained = learn(plan, **{name: columns["text"], "label": columns["label"]})
    assert list(trained.input_example) == [name]
    model = files.load(tmp_path / "model", trained.sha256)
    assert model.answers([trained.input_example])[0].label in (trained.labels or ())


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([1, 0] * 20, ["0", "1"]),
        ([1.0, 0.0] * 20, ["0", "1"]),
        ([True, False] * 20, ["false", "true"]),
    ],
)
def test_labels_are_written_as_they_are_read(
    learn: Learn, values: list[Any], labels: list[str]
) -> None:
    plan = Plan(ROWS, "y", algorithm=LOGISTIC, folds=2)
    trained = learn(plan, x=list(range(40)), y=values)
    assert trained.labels == labels
