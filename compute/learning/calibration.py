"""What a score says about how likely a label is."""

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import (  # pyright: ignore[reportMissingTypeStubs]
    LogisticRegression,  # has none
)

from compute.learning.models import Floats

EPSILON = 1e-12
"""The least slope: a higher score is never less likely."""


def sigmoid_of(scores: Floats, is_one: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and offset of 1 / (1 + exp(-(slope · score + offset))), as Platt fits them.

    The scores are of rows that their model was not fitted on. Each row counts as
    nearly certain only, so that few rows promise no certainty.
    """
    ones = int(is_one.sum())
    likely = np.where(is_one, (ones + 1) / (ones + 2), 1 / (len(is_one) - ones + 2))
    unit = float(np.abs(scores).max()) or 1.0
    twice = np.concatenate([scores, scores])[:, None] / unit
    said = np.repeat([True, False], len(scores))
    model = LogisticRegression(C=np.inf, tol=1e-9, max_iter=1_000)
    model.fit(twice, said, sample_weight=np.concatenate([likely, 1 - likely]))
    return max(float(model.coef_[0, 0]) / unit, EPSILON), float(model.intercept_[0])
