"""What is told of how rows were split."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from compute.learning.choosing import counted
from compute.learning.models import Examples, Rows
from compute.learning.plans import Plan, Split, Task
from compute.learning.splits import Side


def split(sides: Sequence[Side], same: Rows, plan: Plan) -> dict[str, Any]:
    """How the rows were split, in numbers and in words."""
    crossed = plan.split is Split.CROSS_VALIDATION
    counts = counted(same, plan)
    return {
        "kind": plan.split.value,
        **({"folds": plan.folds} if crossed else {"share": plan.share}),
        "seed": plan.seed,
        "rows": len(same),
        "distinct": len(np.unique(same)),
        "judged": sum(int(counts[side.judged].sum()) for side in sides),
        "sentence": _sentence(sides, plan),
    }


def warnings(
    sides: Sequence[Side], examples: Examples, same: Rows, plan: Plan
) -> list[str]:
    """What makes the figures doubtful."""
    found = list[str]()
    for side in sides:
        known = np.isin(same[side.judged], same[side.learnt])
        if count := int(known.sum()):
            found.append(
                f"of the rows that are judged, {count} are copies of rows that were "
                "learnt from, which makes the figures better than they are"
            )
    for place, label in enumerate(examples.labels or ()):
        rows = int((examples.target == place).sum())
        if rows < plan.folds and plan.split is Split.CROSS_VALIDATION:
            found.append(f"the label {label!r} has {rows} rows, which is few to judge")
    return found


def _sentence(sides: Sequence[Side], plan: Plan) -> str:
    learnt, judged = len(sides[0].learnt), len(sides[0].judged)
    if plan.split is Split.FIRST:
        return (
            f"the first {learnt} rows are learnt from, in the order of the table, and "
            f"the {judged} others are judged"
        )
    shuffled = f"shuffled by the seed {plan.seed}"
    if plan.task is not Task.REGRESSION:
        shuffled += " and stratified by label"
    copies = "copies of a row are never on both sides"
    if plan.task is Task.TEXT_CLASSIFICATION:
        copies += ", and each distinct text is judged once"
    if plan.split is Split.RANDOM:
        rows = f"{learnt} rows are learnt from and others judged"
        return f"{rows}, {shuffled}; {copies}"
    return (
        f"cross-validation in {plan.folds} folds, {shuffled}; {copies}; the model that "
        "is kept has learnt from all rows"
    )
