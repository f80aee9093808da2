"""What is said of the rows of a table, line by line."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from compute.learning.models import Answer

AT_ONCE = 1_000
"""Rows that are put to a model together."""

Row = dict[str, Any]
Told = tuple[str | None, float | None, float | None, str | None, str | None]
"""What is said of a row, by these columns; `output` is JSON."""


@dataclass(frozen=True, slots=True)
class Written:
    """A file of rows and answers."""

    failed: int
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Inputs:
    """Which columns of a table a model is given, and which of them may be empty."""

    columns: Sequence[str]
    optional: Sequence[str] = ()


def told(answer: Answer | str) -> Told:
    """An answer as it is written, or why there is none."""
    if isinstance(answer, str):
        return None, None, None, None, answer
    value = answer.output.get("value")
    number = float(value) if isinstance(value, int | float) else None
    output = json.dumps(answer.output, ensure_ascii=False)
    return answer.label, answer.confidence, number, output, None


def gaps(inputs: Inputs, rows: Sequence[Row]) -> list[str | None]:
    """Why each row cannot be put to a model, if it cannot: a gap unknown to it."""
    return [_gap(inputs, row) for row in rows]


def sound(rows: Sequence[Row], why: Sequence[str | None]) -> list[Row]:
    """The rows that a model is asked about."""
    return [row for row, reason in zip(rows, why, strict=True) if reason is None]


def together(
    why: Sequence[str | None], answers: Iterable[Answer | str]
) -> Iterator[Told]:
    """What is said of all rows, once those that are sound have their answers."""
    rest = iter(answers)
    return (told(next(rest) if reason is None else reason) for reason in why)


def _gap(inputs: Inputs, row: Row) -> str | None:
    empty = (name for name, cell in row.items() if cell is None)
    unknown = next((name for name in empty if name not in inputs.optional), None)
    return None if unknown is None else f"column {unknown!r} is empty"
