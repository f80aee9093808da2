"""Learning from texts: by which algorithms, and what comes of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from compute.learning import margins
from compute.learning.inputs import DRAFT, output_schema
from compute.learning.models import Candidate, Examples
from compute.learning.plans import Algorithm, Task
from compute.learning.ranges import asked
from compute.learning.text import Text
from compute.tables.errors import TableError

LONGEST = 100_000
"""Characters of a text."""


@dataclass(frozen=True, slots=True)
class Way:
    """The one algorithm, and its parameters."""

    algorithm: Algorithm
    parameters: Mapping[str, Any]

    def fit(self, examples: Examples, seed: int) -> Text:
        """Fit a model; the same examples and seed make the same."""
        return margins.fit(examples, self.parameters, seed)


def candidates(
    task: Task, algorithm: Algorithm, parameters: Mapping[str, Any]
) -> list[Candidate]:
    """The ways to fit a model that a plan asks for.

    Raises ValueError for an algorithm or parameters that will not do.
    """
    return [Way(*one) for one in asked(task, algorithm, parameters)]


def chosen(examples: Examples, *, said: bool) -> tuple[Examples, list[str]]:
    """The examples as they are; raises TableError if no text has a word."""
    ((name, texts),) = examples.columns.items()
    if not any(map(str.strip, texts.to_pylist())):
        raise TableError("there is no word in any of the texts", column=name)
    return examples, []


def schemas(
    model: Text, examples: Examples
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """JSON Schemas of an input and of an output, and an input made of examples."""
    given = {
        "$schema": DRAFT,
        "type": "object",
        "properties": {model.column: {"type": "string", "maxLength": LONGEST}},
        "required": [model.column],
        "additionalProperties": False,
    }
    first = examples.columns[model.column][0].as_py()
    return given, output_schema(model.labels), {model.column: first[:LONGEST]}
