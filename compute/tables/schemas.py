"""Which columns of a canonical file are features, by its schema alone."""

from collections.abc import Mapping, Sequence
from typing import Any

from compute.tables.errors import TableError, shown

EXPECTED = "a feature has a number in every row"
HINT = "; if its cells are meant as numbers, see the version's warnings"
NUMBERS = {"integer", "float"}

Schema = Sequence[Mapping[str, Any]]
"""The schema of a compute.tables.results.Table."""


def feature_columns(schema: Schema) -> list[str]:
    """Names of the columns that have a number in every row, in the file's order."""
    return [column["name"] for column in schema if _is_feature(column)]


def feature_range(schema: Schema, start: str, end: str) -> list[str]:
    """Names of the columns from `start` to `end`, both included, in the file's order.

    Raises TableError, with the name as its `column`, if one of the two does not exist,
    if they stand the other way round, or if a column of the range has no number in
    some row.
    """
    names = [column["name"] for column in schema]
    for name in (start, end):
        if name not in names:
            known = f"the first is {shown(names[0])}, the last {shown(names[-1])}"
            raise TableError(f"there is no such column; {known}", column=name)
    first, last = names.index(start), names.index(end)
    if first > last:
        raise TableError(f"the column stands after the end, {shown(end)}", column=start)
    for column in schema[first : last + 1]:
        if not _is_feature(column):
            raise _no_feature(column)
    return names[first : last + 1]


def _is_feature(column: Mapping[str, Any]) -> bool:
    return column["type"] in NUMBERS and not column["nullable"]


def _no_feature(column: Mapping[str, Any]) -> TableError:
    kind = column["type"]
    what = "has empty cells" if kind in NUMBERS else f"holds {kind} values"
    hint = HINT if kind == "text" else ""
    return TableError(f"the column {what}; {EXPECTED}{hint}", column=column["name"])
