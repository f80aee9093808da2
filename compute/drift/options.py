"""What is asked of a comparison, and what it may answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

FEWEST = 20
"""Values of a side below which nothing is said of them."""

FEW = 100
"""Rows of a side below which a report warns that only large changes show."""

KEPT = 500
"""Characters of a text that count."""

COLUMNS_SHARE, JOINT_SHARE = 0.5, 0.2
"""Of the false alarms that are allowed, what the columns and the joint test may use.

The rest is for chance: so a share counted in 200 comparisons is not above it either.
"""


class Verdict(StrEnum):
    """Whether there is a change that chance does not explain."""

    DRIFT = "DRIFT"
    NO_DRIFT = "NO_DRIFT"
    UNKNOWN = "UNKNOWN"
    """There are too few values to tell by."""


class Kind(StrEnum):
    """What the values of a column are; whole numbers and floats are compared alike."""

    NUMBER = "number"
    BOOLEAN = "boolean"
    TEXT = "text"
    TIMESTAMP = "timestamp"


@dataclass(frozen=True, slots=True)
class Options:
    """What is compared, and how sure one wants to be."""

    columns: Sequence[str] | None = None
    """The names of those to compare; all that both tables have, if not said."""
    alpha: float = 0.05
    """The most of comparisons without a change that may be called drift."""
    seed: int = 0
    """Of the rows that are drawn, and of the joint test."""

    def __post_init__(self) -> None:
        if not 0 < self.alpha <= 0.5:
            raise ValueError(
                f"alpha is {self.alpha}; above 0 and up to 0.5 is expected"
            )
        if self.seed < 0:
            raise ValueError(f"the seed is {self.seed}; 0 or more is expected")
