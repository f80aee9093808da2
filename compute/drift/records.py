"""Predictions as they are compared."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Record:
    """What a model said of one input; nothing, if it failed."""

    label: str | None = None
    confidence: float | None = None
    """The probability of the label, from 0 to 1."""
    value: float | None = None
    """What a model that foretells numbers said."""
    failed: bool = False
