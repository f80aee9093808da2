"""Our own models, written as ONNX where it has the operators for them."""

import json
from collections.abc import Callable
from typing import Any

from compute.artifacts import cells
from compute.artifacts.errors import ArtifactError
from compute.artifacts.graphs import LABELS, NEEDED, labels
from compute.artifacts.pencil import ONNX, Pencil
from compute.learning import columns, files
from compute.learning.models import Packed

OPSETS = {"": 19, "ai.onnx.ml": 3}
IR_VERSION = 9
LEAF, LESS_OR_EQUAL = "LEAF", "BRANCH_LEQ"


def exported(path: str, sha256: str, target: str) -> int:
    """Write a model that is kept here to a file as ONNX; gives its size.

    Raises ArtifactError where it cannot be converted.
    """
    packed = files.load(path, sha256).packed()
    content = converted(packed)
    with open(target, "wb") as file:
        return file.write(content)


def converted(packed: Packed) -> bytes:
    """A model as ONNX: it takes each column by name, and gives what the model gives.

    Raises ArtifactError where it cannot be converted.
    """
    if ONNX is None:
        raise ArtifactError(NEEDED)
    if packed.kind not in SCORES:
        raise ArtifactError(
            f"a model of kind {packed.kind!r} cannot be written as ONNX, which has no "
            f"operator for pieces of words; {' and '.join(SCORES)} models can"
        )
    pencil, encoded = Pencil(), columns.unpack(packed.about["columns"])
    inputs = [cells.given(one) for one in encoded.each]
    row = cells.written(pencil, encoded)
    found = SCORES[packed.kind](pencil, packed, row)
    names = packed.about["labels"]
    outputs = _labelled(pencil, found, names) if names else _valued(pencil, found)
    return _model(pencil, inputs, outputs, names)


def _linear(pencil: Pencil, packed: Packed, row: str) -> str:
    """Scores, of which two labels have one; or the number."""
    arrays = packed.arrays
    offsets = pencil.node("Sub", row, pencil.numbers(arrays["centre"]))
    weighed = pencil.node("MatMul", offsets, pencil.numbers(arrays["weights"].T))
    scores = pencil.node("Add", weighed, pencil.numbers(arrays["base"]))
    if not packed.about["labels"]:
        return scores
    if arrays["weights"].shape[0] > 1:
        return pencil.node("Softmax", scores, axis=-1)
    second = pencil.node("Sigmoid", scores)
    first = pencil.node("Sub", pencil.numbers([1.0]), second)
    return pencil.node("Concat", first, second, axis=1)


def _forest(pencil: Pencil, packed: Packed, row: str) -> str:
    """Shares, or the number: what the trees say in single precision."""
    single = pencil.cast(pencil.cast(row, "FLOAT"), "DOUBLE")
    found = pencil.node(
        "TreeEnsembleRegressor",
        single,
        domain="ai.onnx.ml",
        aggregate_function="AVERAGE",
        n_targets=packed.arrays["values"].shape[1],
        post_transform="NONE",
        **_nodes(pencil, packed.arrays),
        **_leaves(pencil, packed.arrays),
    )
    return pencil.cast(found, "DOUBLE")


SCORES: dict[str, Callable[[Pencil, Packed, str], str]] = {
    "linear": _linear,
    "forests": _forest,
}
"""What writes down how a model weighs cells, by its kind."""
