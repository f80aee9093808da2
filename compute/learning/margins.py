"""How a model of texts is fitted: by support vectors, then by sigmoids.

What is fitted is scikit-learn's; what comes of it needs nothing but dictionaries.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compute.learning.calibration import slopes_of
from compute.learning.counting import counted
from compute.learning.grams import Weights
from compute.learning.models import Examples, Floats, Rows
from compute.learning.plans import Task
from compute.learning.splits import folds, groups
from compute.learning.text import Text, places_of

features: Any = import_module("sklearn.feature_extraction.text")
sparse: Any = import_module("scipy.sparse")
svm: Any = import_module("sklearn.svm")

FOLDS = 5
"""In which the scores are had that the sigmoids are fitted to."""

GRAMS = 200_000
"""The most of a sort that are kept."""

WEIGHTS = 8_000_000
"""The most of a sort, of all scores together."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Which grams count and how much, learnt from some of the texts."""

    kept: Sequence[Rows]
    """Of each sort, the places of the grams that are in these texts."""
    valued: Sequence[Any]
    """Of each sort, a fitted TfidfTransformer."""
    weights: Floats
    """Shape (scores, grams)."""
    base: Floats

    def decisions(self, counts: Sequence[Any]) -> Floats:
        """Shape (texts, scores)."""
        values = [
            valued.transform(sort[:, kept])
            for sort, kept, valued in zip(counts, self.kept, self.valued, strict=True)
        ]
        return sparse.hstack(values).tocsr() @ self.weights.T + self.base


def fit(examples: Examples, parameters: Mapping[str, Any], seed: int) -> Text:
    """A model of the one column of examples; the same make the same."""
    ((column, texts),) = examples.columns.items()
    labels = examples.labels or ()
    looked_for = range(1, 2) if len(labels) == 2 else range(len(labels))
    ones = [examples.target == place for place in looked_for]
    sorts = counted(texts.to_pylist(), min(GRAMS, WEIGHTS // len(ones)))
    counts = [sort.each for sort in sorts]
    whole = _machine(counts, ones, parameters["C"], seed)
    held = folds(
        groups(examples, Task.TEXT_CLASSIFICATION), examples.target, FOLDS, seed
    )
    apart = _apart(counts, ones, held, parameters["C"], seed)
    slopes = [slopes_of(few, one) for few, one in zip(apart.T, ones, strict=True)]
    names = [
        [sort.grams[int(place)] for place in kept]
        for sort, kept in zip(sorts, whole.kept, strict=True)
    ]
    places = places_of(names)
    return Text(column, labels, *places, _weights(whole), whole.base, slopes)


def _weights(machine: Machine) -> Weights:
    """What the machine knows of each gram, and of all others."""
    rarity = np.concatenate([[0.0], *(one.idf_ for one in machine.valued)])
    return Weights(rarity, np.pad(machine.weights, ((0, 0), (1, 0))))


def _apart(
    counts: Sequence[Any],
    ones: Sequence[NDArray[np.bool_]],
    held: Rows,
    penalty: float,
    seed: int,
) -> Floats:
    """Scores of each text by a machine that knows no text of its fold."""
    scores = np.zeros((len(held), len(ones)))
    for fold in np.unique(held):
        learnt, others = np.flatnonzero(held != fold), np.flatnonzero(held == fold)
        known = [sort[learnt] for sort in counts]
        machine = _machine(known, [one[learnt] for one in ones], penalty, seed)
        scores[others] = machine.decisions([sort[others] for sort in counts])
    return scores


def _machine(
    counts: Sequence[Any], ones: Sequence[NDArray[np.bool_]], penalty: float, seed: int
) -> Machine:
    """Learn from texts as if no other were known."""
    kept = [np.flatnonzero(sort.getnnz(axis=0)) for sort in counts]
    valued = [features.TfidfTransformer(sublinear_tf=True) for _ in counts]
    values = [
        one.fit_transform(sort[:, few])
        for one, sort, few in zip(valued, counts, kept, strict=True)
    ]
    matrix = sparse.hstack(values).tocsr()
    each = [_separated(matrix, one, penalty, seed) for one in ones]
    weights, base = zip(*each, strict=True)
    return Machine(kept, valued, np.stack(weights), np.array(base))


def _separated(
    matrix: Any, one: NDArray[np.bool_], penalty: float, seed: int
) -> tuple[Floats, float]:
    """What each gram weighs for a label, and what its score starts from."""
    if one.all() or not one.any() or not matrix.shape[1]:
        return np.zeros(matrix.shape[1]), 2.0 * one.all() - 1
    machine = svm.LinearSVC(C=penalty, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what has not settled is judged all the same
        machine.fit(matrix, one)
    return machine.coef_[0], float(machine.intercept_[0])
