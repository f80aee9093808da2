"""ONNX models: what they take, what they give, and which are refused."""

import json
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from compute.artifacts import graphs
from compute.artifacts.errors import ArtifactError
from compute.artifacts.loading import loaded
from tests.compute.artifacts import made

ensemble: Any = import_module("sklearn.ensemble")
svm: Any = import_module("sklearn.svm")
WEIGHTS = np.array([[1.0], [2.0], [3.0], [4.0]], np.float32)
RELU = made.node("Relu", "features")


@pytest.mark.parametrize("maps", [True, False])
def test_a_classifier_answers_as_scikit_learn_does(maps: bool) -> None:  # noqa: FBT001  # a parameter of the test
    forest = ensemble.RandomForestClassifier(10, random_state=0)
    forest.fit(made.ROWS, made.LABELS)
    model = loaded(made.as_onnx(forest, options={id(forest): {"zipmap": maps}}))
    assert model.described.labels == ["no", "yes"]
    assert model.described.algorithm == "tree_ensemble_classifier"
    rows = [{"features": row.tolist()} for row in made.ROWS]
    for answer, shares in zip(
        model.answers(rows), forest.predict_proba(made.ROWS), strict=True
    ):
        assert answer.label == answer.output["label"]
        assert answer.confidence == max(answer.output["probabilities"].values())
        assert list(answer.output["probabilities"].values()) == pytest.approx(shares)


def test_scores_that_are_no_probabilities_are_not_called_so() -> None:
    vectors = svm.SVC().fit(made.ROWS, made.LABELS)
    [answer] = loaded(made.as_onnx(vectors)).answers([made.INPUT])
    assert (answer.label, answer.confidence) == (made.LABELS[0], None)
    assert answer.output == {"label": answer.label}


def test_a_regressor_gives_a_value() -> None:
    product = made.graph(
        [made.node("MatMul", "features", "weights")], numbers={"weights": WEIGHTS}
    )
    model = loaded(product)
    [answer] = model.answers([{"features": [1, 1, 1, 1]}])
    assert (answer.label, answer.output) == (None, {"value": 10})
    assert list(model.described.output_schema["properties"]) == ["value"]


def test_the_schema_says_what_an_input_is() -> None:
    schema = loaded(made.graph([RELU])).described.input_schema
    assert schema["required"] == ["features"]
    assert schema["properties"]["features"]["minItems"] == 4
    assert schema["properties"]["features"]["items"] == {"type": "number"}


def test_columns_that_are_inputs_of_their_own_are_named() -> None:
    summed = made.graph(
        [made.node("Add", "age", "weight")],
        inputs={"age": [None, 1], "weight": [None, 1]},
    )
    model = loaded(summed)
    assert list(model.described.input_schema["properties"]) == ["age", "weight"]
    [answer] = model.answers([{"weight": 2.5, "age": 4}])
    assert answer.output == {"value": 6.5}


def test_outputs_that_mean_nothing_known_are_given_as_they_are() -> None:
    [answer] = loaded(made.graph([RELU], output=[None, 4])).answers(
        [{"features": [1, -1, 2, -2]}]
    )
    assert answer.output == {"out": [1, 0, 2, 0]}


def test_what_is_not_finite_is_no_answer() -> None:
    model = loaded(made.graph([made.node("Log", "features")], output=[None, 4]))
    with pytest.raises(ArtifactError, match="not a finite number"):
        model.answers([{"features": [0, 1, 1, 1]}])


def test_labels_may_be_said_in_the_remarks_of_a_file() -> None:
    content = made.graph([made.node("Softmax", "features")], output=[None, 4])
    parsed = made.onnx.load_model_from_string(content)
    made.onnx.helper.set_model_props(parsed, {"labels": json.dumps([*"abcd"])})
    [answer] = loaded(parsed.SerializeToString()).answers([{"features": [0, 9, 1, 2]}])
    assert answer.label == "b"
    assert answer.confidence == pytest.approx(answer.output["probabilities"]["b"])


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (made.graph([made.node("RandomNormalLike", "features")]), "'RandomNormalLike'"),
        (made.graph([made.node("Relu", "features", domain="com.me")]), "'com.me.Relu'"),
        (made.graph([RELU], opset=3), "version 3 of the operators 'ai.onnx'"),
        (made.graph([RELU], inputs={"features": [7, 4]}), "takes 7 rows at a time"),
        (made.graph([]), "has no graph"),
        (made.graph([RELU] * 100_001), "has 100,001 nodes; at most 100,000"),
        (made.graph([RELU])[:-3], "damaged or cut off"),
        (
            made.graph([RELU], functions=[made.onnx.FunctionProto(name="f")]),
            "functions",
        ),
    ],
)
def test_a_graph_that_is_not_accepted_is_told_why(content: bytes, why: str) -> None:
    with pytest.raises(ArtifactError) as caught:
        loaded(content)
    assert why in str(caught.value)


def test_without_the_extra_it_is_said_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(graphs, "onnx", None)
    with pytest.raises(ArtifactError, match=r"heliograph\[onnx\]"):
        loaded(made.graph([RELU]))
