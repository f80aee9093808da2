"""Our forests as ONNX has them: lists of nodes, and of what each leaf adds."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from compute.artifacts.errors import ArtifactError
from compute.artifacts.pencil import ONNX

NODES = 1_000_000
MODES = np.array(["LEAF", "BRANCH_LEQ"])


def attributes(arrays: Mapping[str, Any]) -> dict[str, Any]:
    """What a TreeEnsembleRegressor is told of a forest's arrays.

    Raises ArtifactError where there are too many nodes.
    """
    cell, roots = arrays["cell"], np.sort(arrays["roots"])
    if len(cell) > NODES:
        raise ArtifactError(
            f"the forest has {len(cell):,} nodes; "
            f"at most {NODES:,} can be written as ONNX"
        )
    inner, tree = cell >= 0, np.searchsorted(roots, np.arange(len(cell)), "right") - 1
    local = np.arange(len(cell)) - roots[tree]
    left, right = (
        np.where(inner, arrays[side] - roots[tree], 0) for side in ("left", "right")
    )
    return {
        "aggregate_function": "AVERAGE",
        "n_targets": arrays["values"].shape[1],
        "nodes_treeids": tree.tolist(),
        "nodes_nodeids": local.tolist(),
        "nodes_featureids": np.maximum(cell, 0).tolist(),
        "nodes_modes": MODES[inner.astype(int)].tolist(),
        "nodes_values_as_tensor": _tensor("thresholds", arrays["threshold"]),
        "nodes_truenodeids": left.tolist(),
        "nodes_falsenodeids": right.tolist(),
        **_leaves(tree[~inner], local[~inner], arrays["values"][~inner]),
    }


def _leaves(tree: Any, local: Any, values: Any) -> dict[str, Any]:
    """What each leaf adds to each target."""
    leaves, targets = values.shape
    return {
        "target_treeids": np.repeat(tree, targets).tolist(),
        "target_nodeids": np.repeat(local, targets).tolist(),
        "target_ids": np.tile(np.arange(targets), leaves).tolist(),
        "target_weights_as_tensor": _tensor("weights", values.ravel()),
    }


def _tensor(name: str, values: Any) -> Any:
    return ONNX.numpy_helper.from_array(np.ascontiguousarray(values), name)
