"""The parameters of the algorithms of rows, and what each may be."""

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
    Algorithm.LOGISTIC_REGRESSION: {"C": Range(1e-6, 1e6, 1.0)},
    Algorithm.RIDGE_REGRESSION: {"alpha": Range(1e-6, 1e6, 1.0)},
    Algorithm.RANDOM_FOREST: {
        "trees": Range(10, 1_000, 100),
        "depth": Range(1, 64, 64),
        "leaf": Range(1, 1_000, 1),
    },
}

ALGORITHMS: Mapping[Task, tuple[Algorithm, ...]] = {
    Task.CLASSIFICATION: (Algorithm.LOGISTIC_REGRESSION, Algorithm.RANDOM_FOREST),
    Task.REGRESSION: (Algorithm.RIDGE_REGRESSION, Algorithm.RANDOM_FOREST),
}


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
