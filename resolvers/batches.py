"""What the batched execution asks the database: of each kind one text, made once.

The ids and values are parameters, and so is whoever asks: a text serves every actor of
the same role, and any number of ids.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from db.base import Base
from db.dialects import say
from db.texts import Text
from db.types import Floats, Moment, Several, Texts, document
from db.walls import SERVICE
from resolvers.access import Actor, visible
from resolvers.lists import Listing, cursor, matching, windowed
from resolvers.rows import Columns, columns_of

Expression = Callable[[Actor, Any], sa.ColumnElement[Any]]
"""A formula: an actor, and the columns of the row it is about, to its SQL."""
Read = tuple[int, Callable[[Any], Any]]
"""A place in a row, and what makes a value of what the driver gives there."""

NATIVE = (sa.Float, Floats, Moment, Texts)
"""Types of which asyncpg gives the values themselves."""
TEXTS = 1_000
"""Texts remembered, of a few kilobytes each."""
IDS = "ids"
"""The parameter that is the ids asked for."""
NOBODY = UUID(int=0)
"""Whom a text is made for, so that it can serve anyone: nobody has this id."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows by id."""

    model: type[Base]
    columns: Columns | None

    def statement(self, actor: Actor, _: str) -> Any:
        rows = visible(actor, self.model).where(_among(self.model.id))
        return rows.with_only_columns(*columns_of(self.model, self.columns))


@dataclass(frozen=True, slots=True)
class Values:
    """What a formula gives for the rows of the ids."""

    model: type[Base]
    formula: Expression

    def statement(self, actor: Actor, _: str) -> Any:
        model: Any = self.model
        rows = visible(actor, model).where(_among(model.id))
        return rows.with_only_columns(model.id, self.formula(actor, model))


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows a listing's conditions leave, of each id or of all."""

    model: type[Base]
    key: str | None
    listing: Listing

    def statement(self, actor: Actor, _: str) -> Any:
        model: Any = self.model
        rows = visible(actor, model, by_key=self.key is not None)
        rows = matching(rows, model, self.listing)
        count = sa.func.count(model.id)
        if self.key is None:
            return rows.with_only_columns(sa.null(), count)
        key = getattr(model, self.key)
        return rows.with_only_columns(key, count).where(_among(key)).group_by(key)


@dataclass(frozen=True, slots=True)
class Pages:
    """The rows that a listing shows of each id or of all, each with its cursor.

    No more is read of an id than is shown. PostgreSQL has LATERAL for it. SQLite has
    not, but lets the argument of json_each depend on the parent, and so can follow a
    list of ids.
    """

    model: type[Base]
    key: str | None
    listing: Listing
    columns: Columns | None

    def statement(self, actor: Actor, dialect: str) -> Any:
        model: Any = self.model
        rows = visible(actor, model, by_key=self.key is not None)
        if self.key is None:
            few = windowed(rows, model, self.listing)
            return few.with_only_columns(*self._shown(model), sa.null())
        way = self._by_json if dialect == "sqlite" else self._by_lateral
        return way(rows, model, getattr(model, self.key))

    def _shown(self, model: Any) -> list[Any]:
        place = cursor(model, self.listing).label("cursor_")
        return [*columns_of(model, self.columns), place]

    def _by_json(self, rows: Any, model: Any, key: Any) -> Any:
        parents = sa.func.json_each(_ids()).table_valued("value", name="parents")
        parent = sa.type_coerce(parents.c.value, key.type)
        few = windowed(rows.where(key == parent), model, self.listing)
        few = few.with_only_columns(model.id).correlate(parents).subquery()
        kept = sa.select(sa.func.json_group_array(few.c.id)).correlate(parents)
        kept = sa.func.json_each(kept.scalar_subquery()).table_valued(
            "value", "key", name="kept", joins_implicitly=True
        )
        chosen = sa.type_coerce(kept.c.value, model.id.type) == model.id
        query = sa.select(*self._shown(model), parent).select_from(parents)
        return query.join(kept, sa.true()).join(model, chosen)

    def _by_lateral(self, rows: Any, model: Any, key: Any) -> Any:
        parents = sa.func.unnest(_ids()).table_valued(
            sa.column("value", sa.Uuid), name="parents"
        )
        parents = parents.render_derived()
        few = windowed(rows.where(key == parents.c.value), model, self.listing)
        few = few.with_only_columns(*self._shown(model))
        few = few.correlate(parents).lateral("few")
        query = sa.select(*few.c, parents.c.value)
        return query.select_from(parents).join(few, sa.true())


Batch = Rows | Values | Counts | Pages


def text_of(batch: Batch, actor: Actor, dialect: Any) -> tuple[Text, list[Read]]:
    """The text of a batch for whoever has the actor's role, and how to read its rows.

    Raises Denial for what the actor may not read at all.
    """
    return _text(batch, replace(actor, user_id=actor.user_id and NOBODY), dialect)


@lru_cache(TEXTS)
def _text(batch: Batch, anyone: Actor, dialect: Any) -> tuple[Text, list[Read]]:
    statement = batch.statement(anyone, dialect.name)
    reads = [_read(one.type, dialect) for one in statement.selected_columns]
    service = anyone.seer is SERVICE
    return Text(statement, dialect, service=service), [
        (place, read) for place, read in enumerate(reads) if read
    ]


def _read(kind: Any, dialect: sa.Dialect) -> Callable[[Any], Any] | None:
    if isinstance(kind, sa.JSON):
        return document
    if isinstance(kind, NATIVE) and dialect.name == "postgresql":
        return None
    return kind.dialect_impl(dialect).result_processor(dialect, None)


def _ids() -> Any:
    return sa.bindparam(IDS, type_=Several(sa.Uuid()))


def _among(column: Any) -> Any:
    return say("among", column, _ids())
