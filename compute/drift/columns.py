"""One column of two tables: whether it is distributed as it was, and how far off."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np

from compute.arrays import Double
from compute.drift.categories import Categories, binned, categories
from compute.drift.distributions import (
    Outcome,
    contingency,
    jensen_shannon,
    kolmogorov_smirnov,
    stability_index,
)
from compute.drift.options import FEWEST, Kind, Verdict
from compute.tables.arrow import FLOAT, Array, pa, pc

FEW_NUMBERS = 10
"""Different numbers up to which they are compared as categories."""

CHANGED, LARGE = 0.1, 0.25
"""The stability index from which a shift is moderate, and from which it is large."""


class Compares(StrEnum):
    """What is compared of a column."""

    NUMBERS = "NUMBERS"
    CATEGORIES = "CATEGORIES"
    """How often each value is there."""
    LENGTHS = "LENGTHS"
    """The characters of texts that are hardly ever repeated."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The values of both sides, and how far apart they are."""

    compares: Compares
    outcome: Outcome
    stability_index: float
    jensen_shannon: float


@dataclass(frozen=True, slots=True)
class Column:
    """What is known of a column before it is known what is significant."""

    name: str
    kind: Kind
    rows: tuple[int, int]
    nulls: tuple[int, int]
    gaps: Outcome | None
    """Whether the share of nulls is the same; not of fewer rows than FEWEST."""
    values: Compared | None
    """Not of fewer values, nor of moments, which are never what they were."""

    @property
    def p_values(self) -> list[float]:
        """Of the tests that might have told something."""
        tests = (self.gaps, self.values and self.values.outcome)
        return [test.p_value for test in tests if test and not test.idle]

    def verdict(self, threshold: float) -> Verdict:
        if any(p_value <= threshold for p_value in self.p_values):
            return Verdict.DRIFT
        empty = self.gaps and self.rows == self.nulls
        return Verdict.NO_DRIFT if self.values or empty else Verdict.UNKNOWN

    def report(self, threshold: float) -> dict[str, Any]:
        """All of it, fit for JSON; p-values up to `threshold` are significant."""
        return {
            "name": self.name,
            "type": self.kind.value,
            "verdict": self.verdict(threshold).value,
            "threshold": threshold,
            **_told(self.values),
            "nulls": {
                "reference": self.nulls[0] / max(self.rows[0], 1),
                "current": self.nulls[1] / max(self.rows[1], 1),
                "pValue": self.gaps.p_value if self.gaps else None,
            },
        }


def column(name: str, kind: Kind, reference: Array, current: Array) -> Column:
    """Compare a column, whose gaps are nulls; both sides have the type of its kind."""
    rows = len(reference), len(current)
    nulls = reference.null_count, current.null_count
    sides = pc.drop_null(reference), pc.drop_null(current)
    enough = min(map(len, sides)) >= FEWEST and kind != Kind.TIMESTAMP
    counts = np.array([nulls, np.subtract(rows, nulls)]).T
    return Column(
        name,
        kind,
        rows,
        nulls,
        contingency(counts) if min(rows) >= FEWEST else None,
        compared_values(kind, *sides) if enough else None,
    )


def compared_values(kind: Kind, reference: Array, current: Array) -> Compared:
    """Compare values as what they are best compared as; none of them is null."""
    different = pc.count_distinct(pa.chunked_array([reference, current])).as_py()
    if kind is Kind.NUMBER and different > FEW_NUMBERS:
        return _as_numbers(reference.to_numpy(), current.to_numpy())
    counted = categories(reference, current)
    if kind is Kind.TEXT and not counted.repeats:
        lengths = compared_values(Kind.NUMBER, *map(lengths_of, (reference, current)))
        return replace(lengths, compares=Compares.LENGTHS)
    return _as_categories(counted)


def lengths_of(texts: Array) -> Array:
    """The characters of texts, as floats."""
    return pc.cast(pc.utf8_length(texts), FLOAT)


def _as_numbers(reference: Double, current: Double) -> Compared:
    both = np.concatenate([reference, current])
    return Compared(
        Compares.NUMBERS,
        kolmogorov_smirnov(reference, current),
        stability_index(binned(reference, reference, current)),
        jensen_shannon(binned(both, reference, current)),
    )


def _as_categories(counted: Categories) -> Compared:
    counts = counted.pooled()
    return Compared(
        Compares.CATEGORIES,
        contingency(counts),
        stability_index(counts),
        jensen_shannon(counts),
    )


def _told(values: Compared | None) -> dict[str, Any]:
    """What is said of the values; nothing where there are too few."""
    names = "compares", "test", "statistic", "pValue", "psi", "shift", "jensenShannon"
    if not values:
        return dict.fromkeys(names)
    index = values.stability_index
    shift = "LARGE" if index > LARGE else "MODERATE" if index > CHANGED else "NONE"
    outcome = values.outcome
    told = (
        values.compares.value,
        outcome.method.value,
        outcome.statistic,
        outcome.p_value,
        index,
        shift,
        values.jensen_shannon,
    )
    return dict(zip(names, told, strict=True))
