"""Features as the map sees them: logarithms for spectra, centred, in one unit."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from compute.arrays import Double

Choice = Literal["auto", "log", "linear"]

FLOOR = 1e-3
"""What is added before a logarithm, in medians: about 1e-5 g on a bearing."""
LARGEST = 1e100
FARTHEST = 1e6
"""Where rows are cut off, in largest deviations of the reference."""


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """How a row of features becomes a row of the scaled space.

    floor  added before log10; 0 says that no logarithm is taken
    mean   (m,), the reference's mean after that
    unit   the reference's largest deviation from it
    """

    floor: float
    mean: Double
    unit: float

    def apply(self, features: Double) -> Double:
        """Features (k, m) in the scaled space; under a logarithm, less than 0 is 0."""
        if self.floor:
            features = np.log10(np.maximum(features, 0) + self.floor)
        rows = np.clip((features - self.mean) / self.unit, -FARTHEST, FARTHEST)
        return np.ascontiguousarray(rows)


def check(features: Double) -> None:
    """Raise ValueError unless features is a table of usable numbers."""
    if features.ndim != 2 or not features.shape[1]:
        raise ValueError(
            f"features are a table of rows and columns, not of shape {features.shape}"
        )
    wrong = ~(np.abs(features) <= LARGEST)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        value = features[row, column]
        raise ValueError(
            f"row {row}, column {column} is {value}, where ±{LARGEST:g} is the limit"
        )


def are_spectra(features: Double) -> bool:
    """Tell whether features are heavy-tailed amplitudes, to be compared by logarithms.

    They are when there are at least 16 columns, nothing is negative, at most a tenth is
    zero and the largest of the columns' medians is at least 3 times the middle one.
    """
    if features.shape[1] < 16 or (features < 0).any() or (features == 0).mean() > 0.1:
        return False
    medians = np.median(features, axis=0)
    return bool(medians.max() >= 3 * np.median(medians))


def fit(features: Double, choice: Choice) -> Scale:
    """The scale of a reference of features (n, m); all rows equal is a ValueError."""
    if choice == "log" and (features < 0).any():
        row, column = np.argwhere(features < 0)[0]
        raise ValueError(
            f"row {row}, column {column} is {features[row, column]}, "
            "where a logarithm needs 0 or more"
        )
    floor = 0.0
    if choice == "log" or (choice == "auto" and are_spectra(features)):
        positive = features[features > 0]
        middle = np.median(positive, overwrite_input=True) if len(positive) else 1
        del positive
        floor = FLOOR * float(middle)
        features = features + floor
        np.log10(features, out=features)
    mean = features.mean(axis=0, dtype=np.longdouble).astype(np.float64)
    highest, lowest = features.max(axis=0), features.min(axis=0)
    unit = float(np.maximum(highest - mean, mean - lowest).max())
    if unit <= 1e-13 * float(np.maximum(np.abs(highest), np.abs(lowest)).max()):
        raise ValueError(
            f"all {len(features)} rows are equal, and a map needs two that differ"
        )
    return Scale(floor=floor, mean=mean, unit=unit)
