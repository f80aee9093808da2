"""How models of rows are fitted, by scikit-learn."""

import warnings
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np

from compute.learning.columns import LARGEST, Columns, learnt
from compute.learning.forests import KINDS, Forest
from compute.learning.linear import Linear
from compute.learning.models import Examples, Floats, Rows
from compute.learning.trees import Trees

ensemble: Any = import_module("sklearn.ensemble")
linear_model: Any = import_module("sklearn.linear_model")
preprocessing: Any = import_module("sklearn.preprocessing")

CELLS = 100_000_000
"""The most numbers of a matrix that is learnt from."""

VALUES = 32_000_000
"""About as many numbers are the most that a forest keeps."""
DRAWN = (2_000, 20_000)
"""The least and the most rows that each tree learns from, if there are as many."""


def logistic(examples: Examples, parameters: Mapping[str, Any], seed: int) -> Linear:
    """Logistic regression of scaled columns, with a penalty on the squares."""
    labels, places = _labels(examples)
    model = linear_model.LogisticRegression(**parameters, max_iter=1_000)
    return _linear(model, examples, places, labels)


def ridge(examples: Examples, parameters: Mapping[str, Any], seed: int) -> Linear:
    """Least squares of scaled columns, with a penalty on the squares."""
    model = linear_model.Ridge(**parameters)
    return _linear(model, examples, _numbers(examples), None)


def forest(examples: Examples, parameters: Mapping[str, Any], seed: int) -> Forest:
    """A random forest, each tree of which learns from rows drawn with replacement."""
    if examples.labels:
        labels, target = _labels(examples)
        kind = ensemble.RandomForestClassifier
    else:
        labels, target = None, _numbers(examples)
        kind = ensemble.RandomForestRegressor
    columns = learnt(examples)
    matrix = _matrix(columns, examples)
    model = kind(
        n_estimators=parameters["trees"],
        max_depth=parameters["depth"],
        min_samples_leaf=parameters["leaf"],
        max_samples=drawn(len(examples), len(labels or (0,)), parameters["trees"]),
        random_state=seed,
    )
    model.fit(matrix, target)
    return Forest(columns, labels, _trees([one.tree_ for one in model.estimators_]))


def drawn(rows: int, values: int, count: int) -> int:
    """The rows that each of so many trees learns from."""
    least, most = DRAWN
    return min(rows, most, max(least, VALUES // (2 * values * count)))


def _linear(
    model: Any,
    examples: Examples,
    target: Floats | Rows,
    labels: tuple[str, ...] | None,
) -> Linear:
    columns = learnt(examples)
    scaler = preprocessing.StandardScaler(copy=False)
    cells = scaler.fit_transform(_matrix(columns, examples))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what has not converged is judged as it is
        model.fit(cells, target)
    weights = np.atleast_2d(model.coef_) / scaler.scale_
    return Linear(
        columns, labels, weights, np.atleast_1d(model.intercept_), scaler.mean_
    )


def _labels(examples: Examples) -> tuple[tuple[str, ...], Rows]:
    """The labels that occur, and the places among them of the rows'."""
    known, places = np.unique(examples.target, return_inverse=True)
    if len(known) < 2:
        raise ValueError("the rows to learn from have one label; two are the fewest")
    labels = list(examples.labels or [])
    return tuple(labels[place] for place in known), places


def _numbers(examples: Examples) -> Floats:
    """What is to be foretold, which sums of squares can hold."""
    largest = float(np.abs(examples.target).max())
    if largest > LARGEST:
        raise ValueError(
            f"a number to foretell is {largest:g}; {LARGEST:g} is the largest that "
            "can be learnt"
        )
    return examples.target


def _matrix(columns: Columns, examples: Examples) -> Floats:
    if len(examples) * columns.width > CELLS:
        raise ValueError(
            f"{len(examples)} rows of {columns.width} numbers, a text column having "
            f"one for each value, are too many; at most {CELLS} in all can be learnt "
            "from"
        )
    return columns.matrix(examples)


def _trees(each: list[Any]) -> Trees:
    """The trees of scikit-learn, one after the other."""
    counts = [tree.node_count for tree in each]
    roots = np.concatenate([[0], np.cumsum(counts)[:-1]])
    shift = np.repeat(roots, counts)
    cell, threshold, left, right = (
        np.concatenate([getattr(tree, name) for tree in each])
        for name in ("feature", "threshold", "children_left", "children_right")
    )
    leaf = left < 0
    parts = {
        "roots": roots,
        "cell": np.where(leaf, -1, cell),
        "threshold": np.where(leaf, 0, threshold),
        "left": np.where(leaf, 0, left + shift),
        "right": np.where(leaf, 0, right + shift),
        "values": np.concatenate([tree.value[:, 0, :] for tree in each]),
    }
    return Trees(
        **{name: np.require(parts[name], kind, "C") for name, kind in KINDS.items()}
    )
