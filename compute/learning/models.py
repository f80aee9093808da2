"""What every model can do, and what is learnt from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
"""Places of rows, counted from 0."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model says of one input."""

    label: str | None
    """The likeliest label; none of a model that foretells a number."""
    confidence: float | None
    """The probability of that label, from 0 to 1, calibrated."""
    output: dict[str, Any]
    """`label` and `probabilities` by label, or `value`."""
    explanation: dict[str, Any] | None = None
    """`base` and `rest`, numbers, and `contributions`, the largest first, each of
    which has `feature`, `value` and `contribution`. All of them add up to `score`."""


class Model(Protocol):
    """Something that answers."""

    @property
    def weight(self) -> int:
        """The bytes that it takes in memory."""
        ...

    def answers(
        self, inputs: Sequence[Mapping[str, Any]], *, explained: bool = False
    ) -> list[Answer]:
        """An answer to each input, which agrees with the model's input schema.

        That of one input does not depend on the others.
        """
        ...


@dataclass(frozen=True, slots=True)
class Examples:
    """Rows to learn from, by column, and what is to be foretold of each."""

    columns: Mapping[str, Any]
    """By name, a pyarrow Array of each; gaps are nulls."""
    kinds: Mapping[str, str]
    """Of each column: integer, float, boolean, timestamp or text."""
    target: NDArray[Any]
    """Places in `labels` (int64), or numbers (float64) where there are no labels."""
    labels: tuple[str, ...] | None

    def __len__(self) -> int:
        return len(self.target)

    def take(self, rows: Rows) -> "Examples":
        columns = {name: column.take(rows) for name, column in self.columns.items()}
        return Examples(columns, self.kinds, self.target[rows], self.labels)


@dataclass(frozen=True, slots=True)
class Packed:
    """A model as it is kept: numbers, and what else is to be known of it."""

    kind: str
    """The module of `compute.learning` whose `unpack` makes the model again."""
    about: Mapping[str, Any]
    """Fit for JSON."""
    arrays: Mapping[str, NDArray[Any]]
    """None is of objects."""


class Fitted(Model, Protocol):
    """A model that was fitted here."""

    def scores(self, examples: Examples) -> Floats:
        """Calibrated probabilities, shape (rows, labels); or numbers, shape (rows,)."""
        ...

    def packed(self) -> Packed: ...


class Candidate(Protocol):
    """A way to fit a model, and what it is told."""

    @property
    def algorithm(self) -> str: ...

    @property
    def parameters(self) -> Mapping[str, Any]: ...

    def fit(self, examples: Examples, seed: int) -> Fitted: ...
