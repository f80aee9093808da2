"""Models of others as they are inspected and asked."""

from dataclasses import asdict
from pathlib import Path

import pytest

from compute.artifacts import loading
from compute.artifacts.errors import ArtifactError
from compute.artifacts.inspection import inspected
from compute.artifacts.kinds import Kind
from compute.artifacts.serving import answered
from tests.compute.artifacts import made

GOOD = made.as_onnx(made.logistic())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "model"
    path.write_bytes(GOOD)
    return path


def test_what_is_found_in_a_file_says_all_that_is_kept_of_it(path: Path) -> None:
    found = asdict(inspected(str(path)))
    assert found.pop("input_schema")["required"] == ["features"]
    assert found.pop("output_schema")["required"] == ["label"]
    assert found == {
        "kind": "onnx",
        "framework": "onnx",
        "algorithm": "linear_classifier",
        "loadable": True,
        "why": None,
        "labels": ["no", "yes"],
        "warnings": [],
    }


def test_a_file_that_is_not_the_one_that_was_kept_is_not_loaded(path: Path) -> None:
    with pytest.raises(ArtifactError, match="its digest differs"):
        answered(str(path), made.sha256(GOOD + b" "), [made.INPUT])


def test_a_file_that_is_too_large_is_kept_and_not_loaded(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "LARGEST", 100)
    found = inspected(str(path))
    assert (found.kind, found.loadable) == (Kind.ONNX, False)
    assert "at most 0 MiB are loaded" in (found.why or "")


@pytest.mark.parametrize("content", [GOOD, made.as_skops(made.logistic())])
def test_an_input_that_will_not_do_spoils_no_other(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    rows = [made.INPUT, {"features": [1, 2]}, {"features": "x"}, {}, made.INPUT]
    answers = answered(str(path), made.sha256(content), rows)
    assert answers[0] == answers[4]
    assert answers[0]["label"] == made.LABELS[0]
    assert [list(one) for one in answers[1:4]] == [["error"]] * 3
    assert answers[3]["error"] == "the input has no 'features'"


def test_a_number_that_is_not_finite_is_an_error(path: Path) -> None:
    content = made.graph([made.node("Log", "features")], output=[None, 4])
    path.write_bytes(content)
    rows = [{"features": [0, 1, 1, 1]}, {"features": [1, 1, 1, 1]}]
    spoilt, whole = answered(str(path), made.sha256(content), rows)
    assert spoilt == {"error": "the model's answer is not a finite number"}
    assert whole["output"] == {"out": [0, 0, 0, 0]}
