"""ONNX files as they are read: looked through before anything runs them."""

import json
from collections.abc import Iterator
from typing import Any

from compute.artifacts.errors import ArtifactError
from compute.artifacts.operators import ALGORITHMS, OPERATORS, OPSETS

try:
    import onnx
except ImportError:
    onnx = None

NODES = 100_000
LABELS = "labels"
"""What a list of labels is called among the remarks of a file that was written here."""
CLASSES = {"classlabels_strings", "classlabels_int64s", "classlabels_ints"}
NEEDED = "this server has no ONNX: it is installed with heliograph[onnx]"


def parsed(content: bytes) -> Any:
    """The ModelProto of a file that holds all its numbers and only what is allowed.

    Raises ArtifactError.
    """
    if onnx is None:
        raise ArtifactError(NEEDED)
    try:
        model = onnx.load_model_from_string(content)
    except MemoryError:
        raise
    except Exception as error:
        raise ArtifactError("the ONNX file is damaged or cut off") from error
    _opsets(model)
    if model.functions or model.training_info:
        raise ArtifactError("the ONNX file has functions or training steps of its own")
    for node in _nodes(model.graph):
        _node(node)
    for tensor in _tensors(model.graph):
        if tensor.data_location or tensor.external_data:
            raise ArtifactError(
                f"the ONNX file keeps {tensor.name!r} in another file; "
                "all numbers are to be in the one that is uploaded"
            )
    return model


def algorithm(model: Any) -> str:
    """What kind of model it is, as far as its operators tell."""
    used = {node.op_type for node in model.graph.node}
    return next((name for type_, name in ALGORITHMS.items() if type_ in used), "graph")


def labels(model: Any) -> list[str] | None:
    """The labels that a model tells apart, if it says so.

    Either by itself, as those do that were written here, or in one of its operators.
    """
    for said in model.metadata_props:
        if said.key == LABELS:
            return [str(label) for label in json.loads(said.value)]
    attributes = (one for node in model.graph.node for one in node.attribute)
    for one in attributes:
        if one.name in CLASSES and (one.strings or one.ints):
            return [*(text.decode() for text in one.strings), *map(str, one.ints)]
    return None


def _opsets(model: Any) -> None:
    if not model.opset_import or not model.graph.node:
        raise ArtifactError("the ONNX file has no graph")
    for opset in model.opset_import:
        least, most = OPSETS.get(opset.domain, (0, -1))
        if most < 0 and not any(opset.domain == one.domain for one in model.graph.node):
            continue
        if not least <= opset.version <= most:
            raise ArtifactError(
                f"the ONNX file uses version {opset.version} of the operators "
                f"{opset.domain or 'ai.onnx'!r}; {_versions()} are accepted"
            )


def _versions() -> str:
    kept = {domain: span for domain, span in OPSETS.items() if domain}
    return " and ".join(f"{name} {a} to {b}" for name, (a, b) in kept.items())


def _nodes(graph: Any) -> Iterator[Any]:
    if len(graph.node) > NODES:
        raise ArtifactError(
            f"the ONNX file has {len(graph.node):,} nodes; "
            f"at most {NODES:,} are accepted"
        )
    yield from graph.node


def _node(node: Any) -> None:
    if node.op_type not in OPERATORS.get(node.domain, ()):
        name = f"{node.domain}.{node.op_type}" if node.domain else node.op_type
        raise ArtifactError(
            f"the ONNX file uses the operator {name!r}, which is not accepted"
        )
    for one in node.attribute:
        if one.HasField("g") or one.graphs:
            raise ArtifactError(f"the operator {node.op_type!r} has a graph of its own")


def _tensors(graph: Any) -> Iterator[Any]:
    """Every tensor, wherever it is."""
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    for node in graph.node:
        for one in node.attribute:
            yield from (one.t, *one.tensors)
            for sparse in (one.sparse_tensor, *one.sparse_tensors):
                yield from (sparse.values, sparse.indices)
