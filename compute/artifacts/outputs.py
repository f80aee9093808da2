"""What the outputs of a graph say of one row."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from compute.artifacts.errors import ArtifactError
from compute.artifacts.interface import NOT_FINITE, Answer, classified, finite, valued

CLOSE = 1e-3
"""How close to 1 probabilities add up."""


def answer(found: dict[str, Any], labels: Sequence[str] | None) -> Answer:
    """What the outputs for one row say: a label, a value, or themselves.

    Raises ArtifactError where they are not finite.
    """
    if not finite(found):
        raise ArtifactError(NOT_FINITE)
    values = list(found.values())
    for shares in (_shares(value, labels) for value in values):
        if shares is not None:
            return classified(shares)
    named = [str(value) for value in values if isinstance(value, str | int)]
    if labels and named:
        return Answer(named[0], None, {"label": named[0]})
    if len(values) == 1 and isinstance(values[0], int | float):
        return valued(values[0])
    return Answer(None, None, found)


def _shares(value: Any, labels: Sequence[str] | None) -> dict[str, float] | None:
    """An output as probabilities by label, if that is what it is: they add up to 1."""
    if isinstance(value, list) and labels and len(value) == len(labels):
        value = dict(zip(labels, value, strict=True))
    if not isinstance(value, dict):
        return None
    shares = {str(label): share for label, share in value.items()}
    likely = all(isinstance(one, float) and one > -CLOSE for one in shares.values())
    return shares if likely and abs(sum(shares.values()) - 1) < CLOSE else None


def plain(value: Any) -> Any:
    """An output for one row, fit for JSON."""
    if isinstance(value, list):  # a sequence of maps, one for each row
        return dict(value[0]) if value and isinstance(value[0], dict) else value
    array = np.asarray(value[0] if value.ndim else value)
    return array.item() if array.size == 1 and array.ndim <= 1 else array.tolist()
