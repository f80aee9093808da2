"""Rows as they are read to be shown: plain values under the names of columns."""

from collections import namedtuple
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from db.base import Base

Columns = frozenset[str]
"""The columns of a model that are read; without any said, all."""

KINDS = 1_000
"""Classes of rows remembered: operations choose columns as they like."""


class Unread:
    """Stands where a column was not read, so that to ask for it is a fault."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, _: Any, kind: type) -> Any:
        raise AttributeError(f"{self._name!r} of this {kind.__name__} was not read")


def columns_of(model: type[Base], columns: Columns | None) -> list[Any]:
    """The table's columns of these names, in its order; `id` is always one."""
    every = model.__table__.c
    return [one for one in every if columns is None or one.key in columns | {"id"}]


@lru_cache(KINDS)
def kind(model: type[Base], columns: Columns | None) -> Any:
    """The class of a model's rows with these columns. It has the model's name.

    A row is only ever the same as itself, as a row of a session is.
    """
    read = [one.key for one in columns_of(model, columns)]
    plain: Any = namedtuple(model.__name__, read)  # noqa: PYI024  # pyright: ignore[reportUntypedNamedTuple]  the model has the types
    unread = {one.key for one in model.__table__.c} - set(read)
    body: dict[str, Any] = {one: Unread(one) for one in unread}
    body |= {name: getattr(object, name) for name in ("__eq__", "__ne__", "__hash__")}
    return type(model.__name__, (plain,), {**body, "__slots__": (), "of": model})


def maker(model: type[Base], columns: Columns | None) -> Callable[[Iterable[Any]], Any]:
    """What makes a row of values in the order of `columns_of`."""
    return kind(model, columns)._make
