"""The algorithms of each task, their parameters, and what each of these may be."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from compute.learning.plans import Algorithm, Task
from compute.tables.errors import shown

Number = int | float


@dataclass(frozen=True, slots=True)
class Range:
    """The least and the most that a parameter may be; whole if its default is."""

    least: Number
    most: Number
    default: Number

    def __str__(self) -> str:
        noun = "a whole number" if isinstance(self.default, int) else "a number"
        return f"{noun} from {self.least} to {self.most}"

    def holds(self, value: object) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        whole = isinstance(value, int) or not isinstance(self.default, int)
        return whole and self.least <= value <= self.most


RANGES: Mapping[Algorithm, Mapping[str, Range]] = {
    Algorithm.LINEAR_SVM: {"C": Range(1e-4, 1e4, 1.0)},
    Algorithm.LOGISTIC_REGRESSION: {"C": Range(1e-6, 1e6, 1.0)},
    Algorithm.RIDGE_REGRESSION: {"alpha": Range(1e-6, 1e6, 1.0)},
    Algorithm.RANDOM_FOREST: {
        "trees": Range(10, 1_000, 100),
        "depth": Range(1, 64, 64),
        "leaf": Range(1, 1_000, 1),
    },
}

ALGORITHMS: Mapping[Task, tuple[Algorithm, ...]] = {
    Task.TEXT_CLASSIFICATION: (Algorithm.LINEAR_SVM,),
    Task.CLASSIFICATION: (Algorithm.LOGISTIC_REGRESSION, Algorithm.RANDOM_FOREST),
    Task.REGRESSION: (Algorithm.RIDGE_REGRESSION, Algorithm.RANDOM_FOREST),
}


def asked(
    task: Task, algorithm: Algorithm, parameters: Mapping[str, Any]
) -> list[tuple[Algorithm, dict[str, Number]]]:
    """The algorithms that a plan asks for, all of its task if it says auto.

    Raises ValueError for one of another task, and for parameters that will not do.
    """
    known = ALGORITHMS[task]
    if algorithm == Algorithm.AUTO:
        if parameters:
            raise ValueError(
                f"{shown(next(iter(parameters)))} is no parameter of auto, which has "
                f"none; choose one of {', '.join(known)}"
            )
        return [(one, settled(one, {})) for one in known]
    if algorithm not in known:
        raise ValueError(
            f"{algorithm} is no algorithm of {task}; choose one of auto, "
            f"{', '.join(known)}"
        )
    return [(algorithm, settled(algorithm, parameters))]


def settled(algorithm: Algorithm, parameters: Mapping[str, Any]) -> dict[str, Number]:
    """All parameters of an algorithm: what is said, and the defaults of the others.

    Raises ValueError, naming the parameter, for one that is unknown or out of range.
    """
    known = RANGES[algorithm]
    for name, value in parameters.items():
        if name not in known:
            raise ValueError(
                f"{algorithm} has no parameter {shown(name)}; it has {', '.join(known)}"
            )
        if not known[name].holds(value):
            raise ValueError(
                f"the parameter {name!r} of {algorithm} is {shown(value)}; "
                f"it may be {known[name]}"
            )
    defaults = {name: one.default for name, one in known.items()}
    return {
        name: type(defaults[name])(parameters.get(name, defaults[name]))
        for name in known
    }
