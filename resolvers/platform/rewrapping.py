"""Secrets at rest, all of them: under which keys they are, and under a new one."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from db.base import Base
from db.dialects import say
from resolvers.access import SYSTEM, visible
from resolvers.context import Context
from resolvers.envelope import FORMAT, Envelope, Unreadable
from resolvers.platform import events
from resolvers.writes import Transaction

AT_ONCE = 200
"""Secrets of one transaction."""
ACTION = "keysRewrap"
FIRST = UUID(int=0)
BEGUN = len(FORMAT) + 2
"""Where the id of a record's key begins, counted from 1."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A column that is said to be sealed: `info={"envelope": True}`."""

    model: Any
    key: str

    @property
    def column(self) -> Any:
        return getattr(self.model, self.key)

    def __str__(self) -> str:
        return f"{self.model.__tablename__}.{self.key}"


@dataclass
class Rewrapped:
    """What came of putting secrets under another key."""

    done: int = 0
    unreadable: int = 0
    last: UUID = field(default=FIRST)
    more: bool = True


def sealed() -> list[Sealed]:
    """Every sealed column of every table."""
    return [
        Sealed(mapper.class_, attribute.key)
        for mapper in Base.registry.mappers
        for attribute in mapper.column_attrs
        if attribute.columns[0].info.get("envelope")
    ]


async def counted(context: Context) -> Mapping[str, Mapping[str, int]]:
    """How many secrets are under each key that any is under, by column."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    async with context.database.read() as session:
        for one in sealed():
            key = _key_of(one.column)
            rows = visible(SYSTEM, one.model).where(one.column.is_not(None))
            rows = rows.with_only_columns(key, sa.func.count()).group_by(key)
            for id_, count in await session.execute(rows):
                found[id_][str(one)] = count
    return found


async def lost(context: Context) -> Mapping[str, int]:
    """How many secrets are under each key that is not here."""
    knows = context.equipment.envelope.knows
    counts = await counted(context)
    return {
        id_: sum(columns.values()) for id_, columns in counts.items() if not knows(id_)
    }


async def rewrap(context: Context) -> Rewrapped:
    """Put every secret under the current key, while they are read and written.

    It takes so many at a time, and begun again it goes on with those that are left.
    What cannot be read stays as it is.
    """
    total = Rewrapped(more=False)
    for one in sealed():
        part = Rewrapped()
        while part.more:
            after = part.last
            part = await context.written(
                lambda write, one=one, after=after: _some(
                    write, context.equipment.envelope, one, after
                )
            )
            total.done += part.done
            total.unreadable += part.unreadable
    return total


async def _some(
    write: Transaction, envelope: Envelope, one: Sealed, after: UUID
) -> Rewrapped:
    """Rewrap the next secrets, with one entry of the audit."""
    came, current = Rewrapped(last=after, more=False), envelope.current
    prefix = f"{FORMAT}.{current}."
    rows = visible(SYSTEM, one.model).with_only_columns(one.model.id, one.column)
    rows = rows.where(one.column.is_not(None), one.model.id > after)
    rows = rows.where(sa.not_(one.column.startswith(prefix, autoescape=True)))
    rows = rows.order_by(one.model.id).limit(AT_ONCE)
    found = (await write.session.execute(rows)).all()
    for id_, record in found:
        came.last = id_
        try:
            again = envelope.rewrapped(record)
        except Unreadable:
            came.unreadable += 1
        else:
            came.done += await _put(write, one, id_, record, again)
    came.more = len(found) == AT_ONCE
    if came.done:
        write.changes["rewrapped"] = {str(one): str(came.done), "key": current}
        await events.conclude(write, ACTION)
    return came


async def _put(
    write: Transaction, one: Sealed, id_: UUID, record: str, again: str
) -> int:
    """Replace a record unless it was written anew meanwhile. The row is as it was."""
    values = {one.key: again}
    if "updated_at" in one.model.__table__.columns:
        values["updated_at"] = one.model.updated_at
    same = one.model.id == id_, one.column == record
    put = sa.update(one.model).where(*same).values(values)
    put = put.execution_options(synchronize_session=False)
    return getattr(await write.session.execute(put), "rowcount", 0)


def _key_of(record: Any) -> sa.ColumnElement[str]:
    """The id of the key that a record is under; empty for what is no record."""
    rest = sa.func.substr(record, BEGUN)
    id_ = sa.func.substr(rest, 1, say("position", rest, sa.literal(".")) - 1)
    return sa.case((record.like(f"{FORMAT}.%.%"), id_), else_="")
