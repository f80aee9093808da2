"""Ways to fit a model, each judged by the same split, and the best of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compute import progress
from compute.learning import judging, splits
from compute.learning.models import Candidate, Examples, Fitted, Rows
from compute.learning.plans import Plan, Split, Task

COMPARED = 20_000
"""About the most rows on which ways are compared."""

ENOUGH = 40
"""Rows of a label that are among them, if there are as many."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A way to fit a model, and how good it is."""

    way: Candidate
    figures: dict[str, Any]
    model: Fitted | None
    """The one that was judged, unless there were several."""


def choose(
    ways: Sequence[Candidate], examples: Examples, same: Rows, plan: Plan
) -> tuple[Candidate, Fitted, dict[str, Any]]:
    """The best of some ways, its model and figures: also of all that were compared."""
    rows = np.arange(len(examples))
    if len(ways) > 1 and len(examples) > COMPARED:
        share = COMPARED / len(examples)
        kinds = splits.kinds(examples)
        few = splits.drawn(same, kinds, share, plan.seed, least=ENOUGH)
        rows = np.flatnonzero(few)
    step = 1 / (len(ways) + 1)
    tried = list[Judged]()
    for number, way in enumerate(ways):
        with progress.within(number * step, (number + 1) * step):
            tried.append(judge(way, examples.take(rows), _again(same[rows]), plan))
    best = min(tried, key=_loss)
    compared = {
        "candidates": [_told(one) for one in tried],
        "choice": _reason(best, tried, len(rows), len(examples)),
    }
    with progress.within(1 - step, 1.0):
        if len(rows) < len(examples):
            best = judge(best.way, examples, same, plan)
        model = best.model or best.way.fit(examples, plan.seed)
    return best.way, model, {**best.figures, **compared}


def judge(way: Candidate, examples: Examples, same: Rows, plan: Plan) -> Judged:
    """Fit a way's models to what a split has learnt from, and judge them."""
    each = splits.sides(examples, same, plan)
    counts, model = counted(same, plan), None
    truths, told = list[NDArray[Any]](), list[NDArray[Any]]()
    for number, side in enumerate(each, start=1):
        model = way.fit(examples.take(side.learnt), plan.seed)
        held = examples.take(side.judged[counts[side.judged]])
        truths.append(held.target)
        told.append(model.scores(held))
        name, score = _score(_figures(examples, held.target, told[-1]))
        line = f"{way.algorithm}, fold {number} of {len(each)}: {name} {score:.4f}"
        progress.report(number / len(each), line)
    figures = _figures(examples, np.concatenate(truths), np.concatenate(told))
    return Judged(way, figures, None if plan.split is Split.CROSS_VALIDATION else model)


def counted(same: Rows, plan: Plan) -> NDArray[np.bool_]:
    """Whether each row is judged: of the copies of a text the first only.

    Where the owner has said which rows are first, all others are.
    """
    if plan.task is Task.TEXT_CLASSIFICATION and plan.split is not Split.FIRST:
        return same == np.arange(len(same))
    return np.ones(len(same), np.bool_)


def _again(same: Rows) -> Rows:
    """Groups of some of the rows, by the first of these."""
    _, first, group = np.unique(same, return_index=True, return_inverse=True)
    return first[group]


def _figures(
    examples: Examples, truth: NDArray[Any], told: NDArray[Any]
) -> dict[str, Any]:
    if examples.labels is None:
        return judging.of_numbers(truth, told)
    positive = None
    if len(examples.labels) == 2:
        ones = np.count_nonzero(examples.target)
        positive = int(2 * ones <= len(examples))
    return judging.of_labels(truth, told, examples.labels, positive)


def _score(figures: dict[str, Any]) -> tuple[str, float]:
    """What ways are compared by."""
    name = "f1" if "f1" in figures else "rmse"
    return name, figures[name]


def _loss(one: Judged) -> float:
    name, score = _score(one.figures)
    return score if name == "rmse" else -score


def _told(one: Judged) -> dict[str, Any]:
    name, score = _score(one.figures)
    return {
        "algorithm": str(one.way.algorithm),
        "parameters": dict(one.way.parameters),
        "measure": name,
        "score": score,
    }


def _reason(best: Judged, tried: Sequence[Judged], rows: int, of: int) -> str:
    """Why the best is the best."""
    if len(tried) == 1:
        return f"{_named(best)} was the only one to choose from"
    name, score = _score(best.figures)
    others = ", ".join(
        f"{_score(one.figures)[1]:.4f} of {_named(one)}"
        for one in tried
        if one is not best
    )
    where = f"{rows} of {of} rows" if rows < of else f"all {of} rows"
    return f"{_named(best)} has {name} {score:.4f} against {others}, on {where}"


def _named(one: Judged) -> str:
    said = ", ".join(f"{name} {value:g}" for name, value in one.way.parameters.items())
    return f"{one.way.algorithm} ({said})"
