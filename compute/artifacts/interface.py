"""What is known of a model that was loaded, and how it answers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from compute.learning.models import Answer

Row = Mapping[str, Any]
NOT_FINITE = "the model's answer is not a finite number"
LARGEST = 1024**2
"""Bytes of one answer, as JSON."""
TOO_LARGE = "the model's answer has more than 1 MiB"


@dataclass(frozen=True, slots=True)
class Described:
    """Of a model that can be asked."""

    framework: str
    algorithm: str
    input_schema: dict[str, Any]
    output_schema: dict[str, Any]
    """JSON Schemas, draft 2020-12."""
    labels: list[str] | None
    warnings: list[str]


class Loaded(Protocol):
    """A model of somebody else's, ready to be asked."""

    @property
    def described(self) -> Described: ...

    def answers(self, rows: Sequence[Row], *, explained: bool = False) -> list[Answer]:
        """An answer to each row. Raises ArtifactError, or what its library raises."""
        ...


def classified(shares: Mapping[str, float]) -> Answer:
    """The likeliest label of those whose probabilities are given."""
    bounded = {label: min(max(float(one), 0.0), 1.0) for label, one in shares.items()}
    label = max(bounded, key=bounded.__getitem__)
    output = {"label": label, "probabilities": bounded}
    return Answer(label, bounded[label], output)


def valued(value: float) -> Answer:
    return Answer(None, None, {"value": float(value)})


def finite(value: Any) -> bool:
    """Whether there is no number in an output but finite ones."""
    if isinstance(value, dict):
        return all(map(finite, value.values()))
    if isinstance(value, list):
        return all(map(finite, value))
    return not isinstance(value, float) or math.isfinite(value)
