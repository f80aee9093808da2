"""Estimators that were restored: what in them would reach further than it should.

scikit-learn's compiled trees follow whatever places they hold without looking.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from compute.artifacts.errors import ArtifactError
from compute.artifacts.vectors import fitting

FROM_FILES = {"file", "filename"}
LEAF = -1


def sound(estimator: Any) -> Any:
    """The estimator, which computes in its own process and reads no files.

    Raises ArtifactError.
    """
    for part in _parts(estimator):
        name = type(part).__name__
        if name == "Tree":
            _tree(part)
        elif name == "TreePredictor":
            _predictor(part)
        elif hasattr(part, "support_vectors_"):
            fitting(part)
        elif getattr(part, "input", None) in FROM_FILES:
            raise ArtifactError(f"the estimator {name} reads files; texts are accepted")
        for setting in {"memory", "n_jobs"} & set(getattr(part, "__dict__", ())):
            setattr(part, setting, None)
    return estimator


def _parts(whole: Any) -> Iterator[Any]:
    """Everything of scikit-learn's in an object, each once, however it is nested."""
    waiting, seen = [whole], set[int]()
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, dict):
            waiting += part.values()
        elif isinstance(part, list | tuple | set):
            waiting += part
        elif isinstance(part, np.ndarray) and part.dtype == object:
            waiting += part.ravel().tolist()
        elif type(part).__module__.startswith("sklearn."):
            yield part
            waiting += getattr(part, "__dict__", {}).values()


def _tree(tree: Any) -> None:
    """That every node is there, comes after its parent and asks for a real feature."""
    if not 0 < tree.node_count <= tree.capacity:
        raise ArtifactError("a tree of the estimator has no nodes where it says so")
    left, right = tree.children_left, tree.children_right
    inner = left != LEAF
    _places(left[inner], right[inner], np.flatnonzero(inner), tree.node_count)
    _features(tree.feature[inner], tree.n_features)


def _predictor(predictor: Any) -> None:
    nodes = predictor.nodes
    inner = nodes["is_leaf"] == 0
    left, right = (nodes[name][inner].astype(np.int64) for name in ("left", "right"))
    _places(left, right, np.flatnonzero(inner), len(nodes))
    sorts = nodes["is_categorical"] == 1
    sets = min(
        len(predictor.binned_left_cat_bitsets), len(predictor.raw_left_cat_bitsets)
    )
    if np.any(nodes["bitset_idx"][sorts] >= sets):
        raise ArtifactError("a tree of the estimator names categories it has not")


def _places(left: Any, right: Any, parents: Any, count: int) -> None:
    for children in (left, right):
        if np.any((children <= parents) | (children >= count)):
            raise ArtifactError("a tree of the estimator leads to nodes it has not")


def _features(features: Any, count: int) -> None:
    if np.any((features < 0) | (features >= count)):
        raise ArtifactError("a tree of the estimator asks for features it has not")
