"""Folders as MLflow writes them: which flavor is taken, and what inputs are called."""

import json

import pytest

from compute.artifacts.errors import ArtifactError
from compute.artifacts.loading import loaded
from tests.compute.artifacts import made

NAMES = ["sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal: width"]
COLUMNS = json.dumps([{"type": "double", "name": name} for name in NAMES])
TENSOR = json.dumps(
    [{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 4]}}]
)
ONNX = """
artifact_path: model
flavors:
  onnx:
    data: model.onnx
    onnx_version: 1.23.2
  python_function:
    data: model.onnx
    loader_module: mlflow.onnx
"""
SKOPS = """
flavors:
  sklearn:
    pickled_model: model.skops
    serialization_format: skops
    sklearn_version: 1.9.1
"""
PICKLE = """
flavors:
  python_function: {loader_module: mlflow.sklearn, model_path: model.pkl}
  sklearn: {pickled_model: model.pkl, serialization_format: cloudpickle}
"""


def signed(label: str, inputs: str) -> str:
    """With a signature, folded into lines as MLflow does."""
    folded = inputs.replace("}, {", "},\n    {")
    return f"{label}signature:\n  inputs: '{folded}'\n  outputs: null\n"


def test_an_onnx_model_is_found_by_its_label() -> None:
    model = loaded(made.mlflow(ONNX, model__onnx=made.as_onnx(made.logistic())))
    assert model.described.framework == "onnx"
    assert model.answers([made.INPUT])[0].label == made.LABELS[0]


@pytest.mark.parametrize(
    ("label", "file", "content"),
    [
        (ONNX, "model__onnx", made.as_onnx(made.logistic())),
        (SKOPS, "model__skops", made.as_skops(made.logistic())),
    ],
    ids=["onnx", "sklearn"],
)
def test_a_signature_names_the_inputs(label: str, file: str, content: bytes) -> None:
    model = loaded(made.mlflow(signed(label, COLUMNS), **{file: content}))
    assert list(model.described.input_schema["properties"]) == NAMES
    row = dict(zip(reversed(NAMES), reversed(made.INPUT["features"]), strict=True))
    [plain] = loaded(content).answers([made.INPUT])
    assert model.answers([row]) == [plain]


def test_a_signature_of_a_tensor_names_nothing() -> None:
    content = made.as_skops(made.logistic())
    model = loaded(made.mlflow(signed(SKOPS, TENSOR), model__skops=content))
    assert list(model.described.input_schema["properties"]) == ["features"]


@pytest.mark.parametrize(
    ("label", "why"),
    [
        (
            PICKLE,
            "flavors are 'python_function', 'sklearn'; onnx, and sklearn that was",
        ),
        ("flavors: {}", "flavors are none; onnx"),
        ("[1, 2]", "does not list flavors"),
        ("flavors: {onnx: 3}", "flavors are 'onnx'"),
        ("a: [", "cannot be read as YAML"),
        ("!!python/object/apply:os.mkdir ['x']", "cannot be read as YAML"),
        ("flavors: {onnx: {data: ../up.onnx}}", "'../up.onnx', which is outside"),
        ("flavors: {onnx: {data: /etc/passwd}}", "'/etc/passwd', which is outside"),
        ("flavors: {onnx: {data: gone.onnx}}", "the folder has no 'gone.onnx'"),
        ("flavors: {onnx: {data: MLmodel}}", "it is in no format that is known here"),
        ("x" * 1_100_000, "longer than 1 MiB"),
    ],
)
def test_a_folder_that_cannot_be_read_safely_is_told_why(label: str, why: str) -> None:
    with pytest.raises(ArtifactError) as caught:
        loaded(made.mlflow(label, model__pkl=b"\x80\x04."))
    assert why in str(caught.value)


def test_a_pickle_that_is_called_an_onnx_model_is_not_loaded() -> None:
    with pytest.raises(ArtifactError, match="a pickle can run whatever"):
        loaded(made.mlflow(ONNX, model__onnx=b"\x80\x04N."))


def test_an_archive_with_two_labels_is_refused() -> None:
    both = made.zipped({"MLmodel": b"", "model/MLmodel": b""})
    with pytest.raises(ArtifactError, match="has 2 files 'MLmodel'; one is expected"):
        loaded(both)
