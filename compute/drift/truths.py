"""What turned out to be true of predictions, as it is compared with training."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Truth:
    """What a model said of one input, and what was true; it said nothing if it failed.

    Of a regression numbers, and of anything else labels.
    """

    said: str | float | None
    true: str | float


@dataclass(frozen=True, slots=True)
class Trained:
    """How good a model was in training, as far as that is known."""

    accuracy: float | None = None
    f1: float | None = None
    positive: str | None = None
    """The label that `f1` is of; if none is said, `f1` is a mean over labels."""
    labels: Mapping[str, float] = field(default_factory=dict[str, float])
    """The F1 of each label."""
    mae: float | None = None
    rmse: float | None = None
