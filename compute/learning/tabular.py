"""Learning from rows: which columns, by which algorithms, and what comes of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from compute.learning import fitting, inputs
from compute.learning.forests import Forest
from compute.learning.linear import Linear
from compute.learning.models import Examples
from compute.learning.plans import Algorithm, Task
from compute.learning.ranges import asked
from compute.tables.arrow import Array, pc
from compute.tables.errors import TableError, shown

DISTINCT = 100
"""The most values of a text column."""

Fit = Callable[[Examples, Mapping[str, Any], int], Linear | Forest]

FITS: Mapping[Algorithm, Fit] = {
    Algorithm.LOGISTIC_REGRESSION: fitting.logistic,
    Algorithm.RIDGE_REGRESSION: fitting.ridge,
    Algorithm.RANDOM_FOREST: fitting.forest,
}


@dataclass(frozen=True, slots=True)
class Way:
    """An algorithm and all its parameters."""

    algorithm: Algorithm
    parameters: Mapping[str, Any]

    def fit(self, examples: Examples, seed: int) -> Linear | Forest:
        """Fit a model; the same examples and seed make the same.

        Raises ValueError for examples of which none can be made.
        """
        return FITS[self.algorithm](examples, self.parameters, seed)


def candidates(
    task: Task, algorithm: Algorithm, parameters: Mapping[str, Any]
) -> list[Way]:
    """The ways to fit a model that a plan asks for, all of them if it says auto.

    Raises ValueError for an algorithm or parameters that will not do.
    """
    return [Way(*one) for one in asked(task, algorithm, parameters)]


def chosen(examples: Examples, *, said: bool) -> tuple[Examples, list[str]]:
    """The examples by the columns that can be learnt from, and why not by others.

    A text column of too many values is left out if the columns were not said, else
    TableError is raised; so it is if no column is left.
    """
    columns, warnings = {}, list[str]()
    for name, column in examples.columns.items():
        texts = _distinct(column) if examples.kinds[name] == "text" else 0
        many = f"has {texts} different texts, and {DISTINCT} are the most"
        if _distinct(column, "all") < 2:
            warnings.append(_left_out(name, "has one value in all rows"))
        elif texts <= DISTINCT:
            columns[name] = column
        elif said:
            raise TableError(f"the column {many}; leave it out", column=name)
        else:
            warnings.append(_left_out(name, many))
    if not columns:
        raise TableError("; ".join(["there is no column to learn from", *warnings]))
    kinds = {name: examples.kinds[name] for name in columns}
    return Examples(columns, kinds, examples.target, examples.labels), warnings


def schemas(
    model: Linear | Forest, examples: Examples
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """JSON Schemas of an input and of an output, and an input made of examples."""
    each = model.columns.each
    return (
        inputs.input_schema(each),
        inputs.output_schema(model.labels),
        inputs.example(each, examples),
    )


def _left_out(name: str, why: str) -> str:
    return f"the column {shown(name)} is left out, as it {why}"


def _distinct(column: Array, mode: str = "only_valid") -> int:
    """How many different values a column has; with `all`, a gap is one."""
    return pc.count_distinct(column, mode=mode).as_py()
