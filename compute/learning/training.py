"""Learning a model from a table: what is asked, judged and kept."""

from importlib import import_module
from pathlib import Path
from typing import Any

from compute import progress
from compute.learning import accounts, choosing, splits
from compute.learning.files import save
from compute.learning.plans import FOLDS, Algorithm, Plan, Task, Trained
from compute.learning.reading import read

ROOMS = {
    Task.TEXT_CLASSIFICATION: "compute.learning.texts",
    Task.CLASSIFICATION: "compute.learning.tabular",
    Task.REGRESSION: "compute.learning.tabular",
}
"""The module that has what is particular about the examples of each task."""

SEEDS = 1 << 32


def train(table: str | Path, plan: Plan, target: str | Path) -> Trained:
    """Learn what a plan says from a canonical table; the model goes to `target`.

    The same table and plan give the same file. Raises TableError, naming the column,
    or ValueError for what cannot be learnt.
    """
    _require_sound(plan)
    room: Any = import_module(ROOMS[plan.task])
    ways = room.candidates(plan.task, plan.algorithm, plan.parameters)
    examples, warnings = read(table, plan)
    examples, left_out = room.chosen(examples, said=bool(plan.features))
    same = splits.groups(examples, plan.task)
    sides = splits.sides(examples, same, plan)
    splits.require(sides, examples)
    split = accounts.split(sides, same, plan)
    progress.report(
        0.02, f"{split['rows']} rows, of which {split['distinct']} are distinct"
    )
    with progress.within(0.02, 0.98):
        way, model, figures = choosing.choose(ways, examples, same, plan)
    sha256, size = save(model.packed(), target)
    given, gives, example = room.schemas(model, examples)
    progress.report(1.0, f"the model has {size} bytes")
    return Trained(
        algorithm=Algorithm(way.algorithm),
        parameters=dict(way.parameters),
        labels=list(examples.labels) if examples.labels else None,
        figures={**figures, "split": split},
        input_schema=given,
        output_schema=gives,
        input_example=example,
        sha256=sha256,
        size_bytes=size,
        warnings=[
            *warnings,
            *left_out,
            *accounts.warnings(sides, examples, same, plan),
        ],
    )


def _require_sound(plan: Plan) -> None:
    """Raise ValueError for numbers of a plan that are out of range."""
    least, most = FOLDS
    if not least <= plan.folds <= most:
        raise ValueError(f"folds is {plan.folds}; it may be from {least} to {most}")
    if not 0 < plan.share < 1:
        raise ValueError(f"share is {plan.share}; it may be between 0 and 1")
    if not 0 <= plan.seed < SEEDS:
        raise ValueError(f"seed is {plan.seed}; it may be from 0 to {SEEDS - 1}")
