"""What a score says about how likely a label is."""

from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compute.learning.models import Floats

linear_model: Any = import_module("sklearn.linear_model")

LEAST = 1e-9
"""The least slope: a higher score is never less likely."""


def slopes_of(scores: Floats, is_one: NDArray[np.bool_]) -> tuple[float, float]:
    """The slopes of 1 / (1 + exp(-slope · score)), for scores below 0 and above.

    It is 1/2 at 0, so that the likelier label is the one that the score decides for.
    The scores are to be of rows that their model was not fitted on. As Platt has it,
    no row counts as certain, and the fewer there are the less so.
    """
    ones = int(is_one.sum())
    likely = np.where(is_one, (ones + 1) / (ones + 2), 1 / (len(is_one) - ones + 2))
    sides = np.column_stack([np.minimum(scores, 0), np.maximum(scores, 0)])
    model = linear_model.LogisticRegression(
        C=np.inf, fit_intercept=False, tol=1e-8, max_iter=1_000
    )
    model.fit(
        np.vstack([sides, sides]),
        np.repeat([True, False], len(scores)),
        sample_weight=np.concatenate([likely, 1 - likely]),
    )
    below, above = np.maximum(model.coef_[0], LEAST).tolist()
    lacking = not (scores < 0).any(), not (scores > 0).any()
    return (above if lacking[0] else below), (below if lacking[1] else above)
