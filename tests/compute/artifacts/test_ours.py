"""Models as they are kept here, when somebody brings them back."""

from pathlib import Path
from typing import Any

import pytest

from compute.artifacts.errors import ArtifactError
from compute.artifacts.inspection import inspected
from compute.artifacts.loading import loaded
from compute.artifacts.serving import answered
from compute.learning import files, tabular, texts
from compute.learning.models import Examples
from compute.learning.plans import Algorithm, Task
from compute.tables.arrow import pa
from tests.compute.artifacts import made

COUNT = len(made.ROWS)
TARGET = made.np.arange(COUNT) % 2
WORDS = [("see you at home", "free money now")[place] for place in TARGET]
KINDS = {
    Algorithm.LOGISTIC_REGRESSION: (tabular, Task.CLASSIFICATION, "float"),
    Algorithm.RANDOM_FOREST: (tabular, Task.CLASSIFICATION, "float"),
    Algorithm.LINEAR_SVM: (texts, Task.TEXT_CLASSIFICATION, "text"),
}


def trained(algorithm: Algorithm) -> tuple[Any, list[dict[str, Any]]]:
    """A model, and inputs for it."""
    room, task, kind = KINDS[algorithm]
    values = WORDS if kind == "text" else made.ROWS[:, 0].tolist()
    given = Examples({"x": pa.array(values)}, {"x": kind}, TARGET, ("ham", "spam"))
    [way] = room.candidates(task, algorithm, {})
    return way.fit(given, 0), [{"x": value} for value in values[:9]]


@pytest.mark.parametrize("algorithm", KINDS)
def test_a_model_answers_and_explains_as_it_does_here(
    algorithm: Algorithm, tmp_path: Path
) -> None:
    model, rows = trained(algorithm)
    path = str(tmp_path / "model")
    sha256, _ = files.save(model.packed(), path)
    found = inspected(path)
    assert (found.framework, found.loadable) == ("heliograph", True)
    assert (found.labels, found.why) == (["ham", "spam"], None)
    assert list((found.input_schema or {})["properties"]) == ["x"]
    answers = answered(path, sha256, rows, explained=True)
    for one, two in zip(answers, model.answers(rows, explained=True), strict=True):
        assert one["output"] == two.output
        assert one["explanation"] == two.explanation


def test_a_damaged_model_is_told_why(tmp_path: Path) -> None:
    model, _ = trained(Algorithm.LOGISTIC_REGRESSION)
    files.save(model.packed(), tmp_path / "model")
    content = (tmp_path / "model").read_bytes()
    with pytest.raises(ArtifactError, match=r"cannot be loaded: \d+ bytes are no"):
        loaded(content.replace(b'"kind": "linear"', b'"kind": "linea"'))
