"""What is to be learnt from a table, and what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

FEWEST = 10
"""Rows to learn from, at least."""
LABELS = 200
"""The most that a model tells apart."""
FOLDS = (2, 20)
"""The fewest and the most of cross-validation."""


class Task(StrEnum):
    """What a model foretells, of what."""

    TEXT_CLASSIFICATION = "text_classification"
    """A label, of a text."""
    CLASSIFICATION = "classification"
    """A label, of the columns of a row."""
    REGRESSION = "regression"
    """A number, of the columns of a row."""


class Algorithm(StrEnum):
    """How a model is fitted."""

    AUTO = "auto"
    """Whichever of the others that fit the task judges best."""
    LINEAR_SVM = "linear_svm"
    """Of texts: words and pieces of words, weighed by a support vector machine."""
    LOGISTIC_REGRESSION = "logistic_regression"
    """Of rows, for a label: each column is weighed."""
    RIDGE_REGRESSION = "ridge_regression"
    """Of rows, for a number: each column is weighed."""
    RANDOM_FOREST = "random_forest"
    """Of rows: many decision trees, whose mean counts."""


class Split(StrEnum):
    """On which rows a model is judged."""

    CROSS_VALIDATION = "cross_validation"
    """On each once, by a model fitted without it; the one that is kept knows all."""
    FIRST = "first"
    """The first rows are learnt from, and the others judged by the one that is kept."""
    RANDOM = "random"
    """As FIRST, of rows in random order."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to learn, and how to judge it."""

    task: Task
    target: str
    """The column that is to be foretold."""
    features: Sequence[str] | None = None
    """The columns to foretell it by; of texts the one. All others, if not said."""
    algorithm: Algorithm = Algorithm.AUTO
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Of the algorithm; what is not said is as the algorithm has it."""
    split: Split = Split.CROSS_VALIDATION
    folds: int = 5
    """Of cross-validation: 2 to 20."""
    share: float = 0.7
    """Of the other splits: the share that is learnt from, within 0 and 1."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Trained:
    """A model that was kept in a file, and how good it is."""

    algorithm: Algorithm
    parameters: dict[str, Any]
    labels: list[str] | None
    figures: dict[str, Any]
    """As `docs/models.md` lists them: of the model on rows it was not fitted on."""
    input_schema: dict[str, Any]
    output_schema: dict[str, Any]
    """JSON Schemas, draft 2020-12."""
    input_example: dict[str, Any]
    sha256: str
    size_bytes: int
    warnings: list[str]
