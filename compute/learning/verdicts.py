"""What a model of rows says, put into an answer."""

from collections.abc import Mapping, Sequence
from math import exp, fsum
from typing import Any

import numpy as np

from compute.learning.columns import Columns
from compute.learning.models import Answer, Examples, Floats

SHOWN = 20
"""Columns that an explanation names; the others add up to its `rest`."""


def labelled(
    labels: Sequence[str],
    shares: Sequence[float],
    explanation: dict[str, Any] | None,
) -> Answer:
    """The likeliest label, the first of equals."""
    most = max(shares)
    label = labels[shares.index(most)]
    output = {
        "label": label,
        "probabilities": dict(zip(labels, shares, strict=True)),
    }
    return Answer(label, most, output, explanation)


def valued(value: float, explanation: dict[str, Any] | None) -> Answer:
    return Answer(None, None, {"value": value}, explanation)


def explained(
    columns: Columns,
    given: Mapping[str, Any],
    base: float,
    contributions: Floats,
    score: float,
) -> dict[str, Any]:
    """How a score comes about, from the contribution of each of `columns.ordered`."""
    order = np.argsort(-np.abs(contributions), kind="stable").tolist()
    told = contributions.tolist()
    return {
        "base": base,
        "rest": fsum(told[place] for place in order[SHOWN:]),
        "contributions": [
            {
                "feature": columns.ordered[place].name,
                "value": given.get(columns.ordered[place].name),
                "contribution": told[place],
            }
            for place in order[:SHOWN]
        ],
        "score": score,
    }


def spread(labels: Sequence[str], shares: Floats, examples: Examples) -> Floats:
    """Probabilities by a model's labels, by those of the examples."""
    known = examples.labels or ()
    found = np.zeros((len(shares), len(known)))
    found[:, [known.index(label) for label in labels]] = shares
    return found


def sigmoid(score: float) -> float:
    """1 / (1 + exp(-score))."""
    if score >= 0:
        return 1 / (1 + exp(-score))
    odds = exp(score)
    return odds / (1 + odds)


def softmax(scores: Sequence[float]) -> list[float]:
    most = max(scores)
    odds = [exp(score - most) for score in scores]
    total = sum(odds)
    return [one / total for one in odds]
