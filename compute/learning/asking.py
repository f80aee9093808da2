"""Models asked about inputs of which some may have no answer."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from compute.learning.models import Answer, Model


def each(
    model: Model, inputs: Sequence[Mapping[str, Any]], *, explained: bool = False
) -> list[Answer | str]:
    """An answer to each input, or a sentence on why there is none.

    All are asked together, and one by one where some of them will not do.
    """
    with suppress(ValueError):
        return [*model.answers(inputs, explained=explained)]
    return [_one(model, given, explained=explained) for given in inputs]


def _one(model: Model, given: Mapping[str, Any], *, explained: bool) -> Answer | str:
    try:
        return model.answers([given], explained=explained)[0]
    except ValueError as error:
        return str(error)
