"""Questions by which somebody might find out what is in rows that they do not see."""

from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from typing import Any

from graphql import get_named_type

from db.base import referred
from schema import ids
from tests.contract import TYPES, members, reads

Question = tuple[str, dict[str, Any]]
QUERY: dict[str, Any] = TYPES["Query"].fields
PAGE = """totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  nodes { id }"""


def guesses(list_: str, rows: list[Any]) -> Iterator[Question]:
    """A list in all its orders, and by all its filters for what these rows have."""
    yield from _ordered(list_)
    for row in rows:
        if type(row) is reads(QUERY[list_]).model:
            yield from _filtered(list_, row)


def _ordered(list_: str) -> Iterator[Question]:
    if "orderBy" not in QUERY[list_].args:
        return
    order = get_named_type(QUERY[list_].args["orderBy"].type)
    for name in members(str(order)):
        for direction in ("ASC", "DESC"):
            text = f"""query ($by: {order}) {{
              {list_}(first: 1, orderBy: $by) {{ {PAGE} }}
            }}"""
            yield text, {"by": {"field": name, "direction": direction}}


def _filtered(list_: str, row: Any) -> Iterator[Question]:
    if "filter" not in QUERY[list_].args:
        return
    filter_: Any = get_named_type(QUERY[list_].args["filter"].type)
    text = f"query ($filter: {filter_}) {{ {list_}(filter: $filter) {{ {PAGE} }} }}"
    for name, field in filter_.fields.items():
        tests: Any = get_named_type(field.type)
        column = field.extensions["strawberry-definition"].python_name
        value = getattr(row, column, None)
        for said in _tests(tests, value, row, column):
            yield text, {"filter": {name: said}}


def _tests(tests: Any, value: Any, row: Any, column: str) -> Iterator[dict[str, Any]]:
    """What may be asked of a column, so that this value passes."""
    if isinstance(value, dict):
        yield from ({"name": name, "gte": number} for name, number in value.items())
        return
    operators = {"eq", "lte", "gte", "has"} & {*getattr(tests, "fields", ())}
    for operator in sorted(operators if value is not None else ()):
        type_ = get_named_type(tests.fields[operator].type)
        yield {operator: _said(value, type_, row, column)}


def _said(value: Any, type_: Any, row: Any, column: str) -> Any:
    """A value as a client writes it."""
    if type_.name == "ID":
        return _id(value, row, column)
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list):
        return str(value[0]) if value else ""
    return str(value) if type_.name in {"BigInt", "Date", "Decimal"} else value


def _id(value: Any, row: Any, column: str) -> str:
    """The id of a row that a column refers to."""
    keys = type(row).__table__.c[column].foreign_keys
    model = referred(getattr(type(row), column)) if keys else type(row)
    return f"{ids.prefix(model)}_{value.hex}"
