"""Our own models, written as ONNX where it has the operators for them."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from compute.artifacts import cells, forests
from compute.artifacts.errors import ArtifactError
from compute.artifacts.graphs import LABELS, NEEDED
from compute.artifacts.pencil import ONNX, Pencil
from compute.learning import columns, files
from compute.learning.models import Packed

OPSETS = {"": 19, "ai.onnx.ml": 3}
IR_VERSION = 9


def exported(path: str, sha256: str, target: str) -> int:
    """Write a model that is kept here to a file as ONNX; gives its size.

    Raises ArtifactError where it cannot be converted.
    """
    packed = files.load(path, sha256).packed()
    return Path(target).write_bytes(converted(packed))


def converted(packed: Packed) -> bytes:
    """A model as ONNX: it takes each column by name, and gives what the model gives.

    Raises ArtifactError where it cannot be converted.
    """
    if ONNX is None:
        raise ArtifactError(NEEDED)
    if packed.kind not in SCORES:
        raise ArtifactError(
            f"a model of kind {packed.kind!r} cannot be written as ONNX, which has no "
            f"operator for pieces of words; those of kind {' and '.join(SCORES)} can"
        )
    encoded = columns.unpack(packed.about["columns"])
    pencil = Pencil(one.name for one in encoded.each)
    inputs = [cells.given(one) for one in encoded.each]
    found = SCORES[packed.kind](pencil, packed, cells.written(pencil, encoded))
    labels = packed.about["labels"]
    outputs = _labelled(pencil, found, labels) if labels else _valued(pencil, found)
    return _model(pencil, inputs, outputs, labels)


def _linear(pencil: Pencil, packed: Packed, row: str) -> str:
    """Shares, or the number."""
    arrays = packed.arrays
    offsets = pencil.node("Sub", row, pencil.numbers(arrays["centre"]))
    weighed = pencil.node("MatMul", offsets, pencil.numbers(arrays["weights"].T))
    scores = pencil.node("Add", weighed, pencil.numbers(arrays["base"]))
    if not packed.about["labels"]:
        return scores
    if len(arrays["base"]) > 1:
        return pencil.node("Softmax", scores, axis=-1)
    second = pencil.node("Sigmoid", scores)
    first = pencil.node("Sub", pencil.numbers(1.0), second)
    return pencil.node("Concat", first, second, axis=1)


def _forest(pencil: Pencil, packed: Packed, row: str) -> str:
    """Shares, or the number, in single precision, as ONNX sums trees."""
    single = pencil.cast(pencil.cast(row, "FLOAT"), "DOUBLE")
    told = forests.attributes(packed.arrays)
    found = pencil.node("TreeEnsembleRegressor", single, domain="ai.onnx.ml", **told)
    return pencil.cast(found, "DOUBLE")


SCORES: dict[str, Callable[[Pencil, Packed, str], str]] = {
    "linear": _linear,
    "forests": _forest,
}
"""What writes how a model weighs cells, by its kind."""


def _labelled(pencil: Pencil, shares: str, labels: Sequence[str]) -> list[Any]:
    """The likeliest label, and the probability of each."""
    place = pencil.node("ArgMax", shares, axis=1, keepdims=0)
    label = pencil.node("Gather", pencil.texts(labels), place, name="label")
    named = pencil.node("Identity", shares, name="probabilities")
    return [
        _output(label, "STRING", [None]),
        _output(named, "DOUBLE", [None, len(labels)]),
    ]


def _valued(pencil: Pencil, value: str) -> list[Any]:
    flat = pencil.numbers([-1], np.int64)
    return [
        _output(pencil.node("Reshape", value, flat, name="value"), "DOUBLE", [None])
    ]


def _output(name: str, kind: str, shape: list[int | None]) -> Any:
    number = ONNX.TensorProto.DataType.Value(kind)
    return ONNX.helper.make_tensor_value_info(name, number, shape)


def _model(
    pencil: Pencil, inputs: list[Any], outputs: list[Any], labels: Sequence[str] | None
) -> bytes:
    helper = ONNX.helper
    graph = helper.make_graph(
        pencil.nodes, "model", inputs, outputs, initializer=pencil.constants
    )
    model = helper.make_model(
        graph,
        producer_name="heliograph",
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid(*one) for one in OPSETS.items()],
    )
    if labels:
        helper.set_model_props(model, {LABELS: json.dumps(list(labels))})
    ONNX.checker.check_model(model)
    return model.SerializeToString()
