"""What is told of maps, in plain values that any process can read."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Fitted:
    """A map that was made, its reference lying in a file."""

    x: list[float]
    y: list[float]
    cost: float
    evaluations: int
    sha256: str
    """Of the reference's file."""
    figures: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scored:
    """Rows on a map, and how far from normal each is. All lists are of one length."""

    x: list[float]
    y: list[float]
    distance: list[float]
    residual: list[float]
    threshold: float
    severity: list[str | None]
    """Of the anomaly that a row is, if it is one."""
    responsible: list[list[dict[str, Any]]]
    """The features responsible for each anomaly: name, value, share and shift."""


class Unfit(ValueError):
    """Rows that cannot be scored. `place` is the first of them."""

    def __init__(self, reason: str, place: int | None = None) -> None:
        super().__init__(reason, place)
        self.reason, self.place = reason, place
