"""Which rows are learnt from, and on which of the others a model is judged."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compute.learning.models import Examples, Rows
from compute.learning.plans import Plan, Split, Task
from compute.tables.errors import TableError, shown

DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Side:
    """Rows to learn from, and rows to be judged on."""

    learnt: Rows
    judged: Rows


def groups(examples: Examples, task: Task) -> Rows:
    """Of each row the place of the first that is the same, but for the target.

    Texts are the same if they are so in lower case, without blanks around them and
    with all digits alike.
    """
    if task is Task.TEXT_CLASSIFICATION:
        (texts,) = examples.columns.values()
        keys = [alike(text) for text in texts.to_pylist()]
    else:
        columns = [_codes(column) for column in examples.columns.values()]
        keys = list(zip(*columns, strict=True))
    first: dict[Any, int] = {}
    found = (first.setdefault(key, row) for row, key in enumerate(keys))
    return np.fromiter(found, np.int64, len(keys))


def alike(text: str) -> str:
    """What two texts have in common if one counts as a copy of the other."""
    return DIGIT.sub("0", text.strip().lower())


def sides(examples: Examples, same: Rows, plan: Plan) -> list[Side]:
    """The splits of a plan, of which either side may be too small."""
    if plan.split is Split.CROSS_VALIDATION:
        held = folds(same, kinds(examples), plan.folds, plan.seed)
        apart = [held == fold for fold in range(plan.folds)]
    elif plan.split is Split.FIRST:
        apart = [np.arange(len(same)) >= round(plan.share * len(same))]
    else:
        apart = [~drawn(same, kinds(examples), plan.share, plan.seed)]
    return [Side(np.flatnonzero(~one), np.flatnonzero(one)) for one in apart]


def require(each: Sequence[Side], examples: Examples) -> None:
    """Raise TableError unless all sides are large enough."""
    for side in each:
        learnt, judged = len(side.learnt), len(side.judged)
        if learnt < 2 or judged < 1:
            raise TableError(
                f"a split leaves {learnt} rows to learn from and {judged} to judge by, "
                "and 2 and 1 are the fewest"
            )
        known = set(np.unique(examples.target[side.learnt]).tolist())
        for place, label in enumerate(examples.labels or ()):
            if place not in known:
                raise TableError(
                    "a split leaves no row to learn from that has the label "
                    f"{shown(label)}; more distinct rows of it are needed"
                )


def folds(same: Rows, kinds: Rows, count: int, seed: int) -> Rows:
    """The fold of each row, counted from 0: those of a group are in one.

    The groups are shuffled by numpy's default generator, ordered by the kind of their
    first row, and dealt to the folds in turn.
    """
    first, order = _shuffled(same, kinds, seed)
    fold = np.empty(len(same), np.int64)
    fold[first[order]] = np.arange(len(order)) % count
    return fold[same]


def drawn(
    same: Rows, kinds: Rows, share: float, seed: int, least: int = 1
) -> NDArray[np.bool_]:
    """Whether each row is among a share of the groups of each kind, or its `least`."""
    first, order = _shuffled(same, kinds, seed)
    _, start, size = np.unique(
        kinds[first[order]], return_index=True, return_counts=True
    )
    place = np.arange(len(order)) - np.repeat(start, size)
    taken = np.zeros(len(same), np.bool_)
    taken[first[order]] = place + 0.5 < np.maximum(share * np.repeat(size, size), least)
    return taken[same]


def kinds(examples: Examples) -> Rows:
    """What each row is an example of: its label, or all of the same."""
    if examples.labels is None:
        return np.zeros(len(examples), np.int64)
    return examples.target.astype(np.int64)


def _shuffled(same: Rows, kinds: Rows, seed: int) -> tuple[Rows, Rows]:
    """The first row of each group, and an order of them, random within a kind."""
    first = np.unique(same)
    order = np.random.default_rng(seed).permutation(len(first))
    return first, order[np.argsort(kinds[first[order]], kind="stable")]


def _codes(column: Any) -> list[int]:
    """The same number for the same value."""
    encoded = column.dictionary_encode(null_encoding="encode")
    return encoded.indices.to_pylist()
