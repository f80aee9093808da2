"""Models that weigh each column of a row: logistic and ridge regression."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from compute.learning import columns
from compute.learning.columns import Columns
from compute.learning.models import Answer, Examples, Floats, Packed
from compute.learning.verdicts import (
    explained,
    labelled,
    sigmoid,
    softmax,
    spread,
    valued,
)
from compute.tables.errors import shown

LARGEST = 1e200
"""No weight is larger, so that no score of bounded cells is infinite."""


@dataclass(frozen=True, slots=True)
class Linear:
    """A score, base + weights · (cells - centre), for each label or for the number.

    Of two labels there is one score, the logarithm of the second's odds; of more,
    the probabilities are as the exponentials of the scores.
    """

    columns: Columns
    labels: tuple[str, ...] | None
    weights: Floats
    """Shape (scores, cells)."""
    base: Floats
    centre: Floats
    """The means of the rows that were learnt from, of each cell."""

    @property
    def weight(self) -> int:
        arrays = (self.weights, self.base, self.centre)
        return sum(array.nbytes for array in arrays) + 1_000 * len(self.columns.each)

    def answers(
        self, inputs: Sequence[Mapping[str, Any]], *, explained: bool = False
    ) -> list[Answer]:
        """An answer to each; the explained score is that of the answer.

        It is the number that is foretold; of two labels the logarithm of the odds of
        the likelier; of more the likeliest label's score.
        """
        return [self._answer(given, explained=explained) for given in inputs]

    def shares(self, cells: Floats) -> list[float]:
        """The probability of each label, of the cells of one row."""
        return self._shares(self._scores(cells))

    def scores(self, examples: Examples) -> Floats:
        offsets = self.columns.matrix(examples) - self.centre
        scores = offsets @ self.weights.T + self.base
        if not self.labels:
            return scores[:, 0]
        shares = np.array([self._shares(row) for row in scores.tolist()])
        return spread(self.labels, shares.reshape(-1, len(self.labels)), examples)

    def packed(self) -> Packed:
        about = {"columns": self.columns.packed(), "labels": self.labels}
        arrays = {"weights": self.weights, "base": self.base, "centre": self.centre}
        return Packed("linear", about, arrays)

    def _answer(self, given: Mapping[str, Any], *, explained: bool) -> Answer:
        cells = self.columns.row(given)
        scores = self._scores(cells)
        if not self.labels:
            why = self._why(given, cells, scores, 0) if explained else None
            return valued(scores[0], why)
        shares = self._shares(scores)
        place = shares.index(max(shares))
        why = self._why(given, cells, scores, place) if explained else None
        return labelled(self.labels, shares, why)

    def _scores(self, cells: Floats) -> list[float]:
        return (self.weights.dot(cells - self.centre) + self.base).tolist()

    def _shares(self, scores: Sequence[float]) -> list[float]:
        if len(scores) > 1:
            return softmax(scores)
        second = sigmoid(scores[0])
        return [1 - second, second]

    def _why(
        self,
        given: Mapping[str, Any],
        cells: Floats,
        scores: Sequence[float],
        place: int,
    ) -> dict[str, Any]:
        """How the score of the label at a place comes about."""
        two = self.labels and len(scores) == 1
        row, sign = (0, 2 * place - 1) if two else (place, 1)
        added = np.zeros(len(self.columns.each))
        pulls = sign * self.weights[row] * (cells - self.centre)
        np.add.at(added, self.columns.owners, pulls)
        base, score = sign * float(self.base[row]), sign * scores[row]
        return explained(self.columns, given, base, added, score)


def unpack(packed: Packed) -> Linear:
    """Make a model again; raises ValueError if its parts do not fit together."""
    encoded, labels = columns.unpack(packed.about["columns"]), packed.about["labels"]
    if labels and len(labels) < 2:
        raise ValueError(f"the model has one label, {shown(labels[0])}; it needs two")
    parts = {
        name: np.asarray(packed.arrays[name], np.float64)
        for name in ("weights", "base", "centre")
    }
    scores = len(labels) if labels and len(labels) > 2 else 1
    wanted = {
        "weights": (scores, encoded.width),
        "base": (scores,),
        "centre": (encoded.width,),
    }
    for name, shape in wanted.items():
        if parts[name].shape != shape:
            raise ValueError(
                f"the model's {name!r} have the shape {parts[name].shape}, not {shape}"
            )
        if not (np.abs(parts[name]) < LARGEST).all():
            raise ValueError(f"the model's {name!r} are not all below {LARGEST}")
    return Linear(encoded, tuple(labels) if labels else None, **parts)
