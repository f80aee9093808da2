"""Our own models as ONNX: asked elsewhere, they answer the same."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compute.artifacts.errors import ArtifactError
from compute.artifacts.export import converted, exported
from compute.artifacts.loading import loaded
from compute.learning import files, tabular
from compute.learning.models import Examples, Packed
from compute.learning.plans import Algorithm, Task
from compute.tables.arrow import pa

ROWS = 200
CHANCE = np.random.default_rng(7)
BEGIN = datetime.fromisoformat("2026-01-31T12:00:00Z")
HIGH = CHANCE.normal(size=ROWS)
COLUMNS: dict[str, list[Any]] = {
    "value": HIGH.tolist(),
    "label": [None if one > 1 else one for one in CHANCE.normal(size=ROWS).tolist()],
    "node": ["once", *CHANCE.choice(["u", "v", "ü w"], ROWS - 1).tolist()],
    "town": [["u", "v", None][one] for one in CHANCE.integers(0, 3, ROWS)],
    "true": (CHANCE.normal(size=ROWS) > 0).tolist(),
    "count": CHANCE.integers(-5, 5, ROWS).tolist(),
    "since": [BEGIN + timedelta(minutes=one) for one in range(ROWS)],
}
KINDS = dict(
    zip(
        COLUMNS,
        ["float", "float", "text", "text", "boolean", "integer", "timestamp"],
        strict=True,
    )
)
TARGETS: dict[str, tuple[Task, Any, Any]] = {
    "two labels": (Task.CLASSIFICATION, ("no", "yes"), (HIGH > 0).astype(int)),
    "three": (Task.CLASSIFICATION, tuple("abc"), np.digitize(HIGH, [-0.5, 0.5])),
    "numbers": (Task.REGRESSION, None, HIGH * 3),
}
CLOSE = {"linear": 1e-12, "forests": 1e-6}


def ways() -> list[Any]:
    return [
        pytest.param(name, way, id=f"{name} {way.algorithm}")
        for name, (task, _, _) in TARGETS.items()
        for way in tabular.candidates(task, Algorithm.AUTO, {})
    ]


def ours(place: int) -> dict[str, Any]:
    row = {name: values[place] for name, values in COLUMNS.items()}
    return {**row, "since": row["since"].isoformat()}


def theirs(place: int) -> dict[str, Any]:
    """A gap is NaN or an empty text, and a moment seconds since 1970."""
    row = {name: values[place] for name, values in COLUMNS.items()}
    gaps = {"label": float("nan") if row["label"] is None else row["label"]}
    return {**row, **gaps, "town": row["town"] or "", "since": row["since"].timestamp()}


def examples(labels: Any, target: Any) -> Examples:
    columns = {name: pa.array(values) for name, values in COLUMNS.items()}
    return Examples(columns, KINDS, target, labels)


@pytest.mark.parametrize(("name", "way"), ways())
def test_a_model_answers_the_same_as_onnx(name: str, way: Any) -> None:
    _, labels, target = TARGETS[name]
    model = way.fit(examples(labels, target), 0)
    packed = model.packed()
    other = loaded(converted(packed))
    assert other.described.labels == (list(labels) if labels else None)
    for place in range(0, ROWS, 3):
        [one], [two] = model.answers([ours(place)]), other.answers([theirs(place)])
        assert one.label == two.label
        shares = (flat(answer.output) for answer in (one, two))
        assert next(shares) == pytest.approx(next(shares), abs=CLOSE[packed.kind])


def flat(output: dict[str, Any]) -> dict[str, float]:
    return output.get("probabilities") or {"value": output["value"]}


def test_a_model_in_a_file_is_written_to_another(tmp_path: Path) -> None:
    _, labels, target = TARGETS["two labels"]
    [way, *_] = tabular.candidates(Task.CLASSIFICATION, Algorithm.AUTO, {})
    source, copy = tmp_path / "model", tmp_path / "model.onnx"
    sha256, _ = files.save(way.fit(examples(labels, target), 0).packed(), source)
    assert exported(str(source), sha256, str(copy)) == copy.stat().st_size
    assert loaded(copy.read_bytes()).described.labels == ["no", "yes"]


def test_a_model_of_texts_cannot_be_written() -> None:
    with pytest.raises(ArtifactError, match="'text' cannot be written as ONNX, which"):
        converted(Packed("text", {}, {}))


def test_gaps_beside_empty_texts_cannot_be_written() -> None:
    texts = pa.array(["", "u", None, "v"] * 50)
    given = Examples({"town": texts}, {"town": "text"}, np.arange(ROWS) % 2, ("a", "b"))
    [way, *_] = tabular.candidates(Task.CLASSIFICATION, Algorithm.AUTO, {})
    with pytest.raises(ArtifactError, match="'town' has both gaps and empty texts"):
        converted(way.fit(given, 0).packed())
