"""Rows that no session has: made of what a driver gives, and stored at once."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import instance_dict, instance_state

from db.base import Base

FLOAT8 = 701
"""What PostgreSQL calls the only kind of float that there is here."""
RowT = TypeVar("RowT", bound=Base)


def inserting(model: type[Base]) -> sa.Insert:
    """The statement that stores a row, with a parameter for each column."""
    table: Any = model.__table__
    return sa.insert(table)


def completed(row: Base) -> dict[str, Any]:
    """The values of a row to be stored, once it has those that it was not given."""
    values = instance_dict(row)
    for key, default in _defaults(type(row)):
        if key not in values:
            values[key] = default(None)
    return values


def complete(model: type[Base], given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a row that is not there yet, with those that it was not given."""
    values = dict(given)
    for key, default in _defaults(model):
        if key not in values:
            values[key] = default(None)
    return values


def stored(row: Base) -> None:
    """Take a row for one that is in the database as it is here."""
    make_transient_to_detached(row)


def loaded(model: type[RowT], found: Sequence[Any]) -> RowT:
    """A row of what a statement gave for each of a model's columns."""
    row: RowT = sa.inspect(model).class_manager.new_instance()
    keys = (key for key, _ in _defaults(model))
    instance_dict(row).update(zip(keys, found, strict=True))
    make_transient_to_detached(row)
    return row


def renew(row: RowT, fresh: RowT) -> None:
    """Make a row what another of the same id is."""
    instance_dict(row).update(
        {key: getattr(fresh, key) for key, _ in _defaults(type(row))}
    )


def changed(row: Base) -> bool:
    """Whether a row is not in the database as it is here."""
    return instance_state(row).modified


@cache
def _defaults(model: type[Base]) -> list[tuple[str, Callable[[Any], Any]]]:
    """What each attribute becomes that was not given."""
    columns = ((one.key, one.columns[0]) for one in sa.inspect(model).column_attrs)
    return [(key, _default(column.default)) for key, column in columns]


def _default(default: Any) -> Callable[[Any], Any]:
    if default is not None and default.is_callable:
        return default.arg
    return lambda _: default and default.arg


def reader(kind: Any, dialect: Any) -> Callable[[Any], Any] | None:
    """What makes a value of a type of what a driver gives; None where it is one."""
    return kind.dialect_impl(dialect).result_processor(dialect, FLOAT8)
