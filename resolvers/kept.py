"""Events that are kept, as they are read: by their owners and numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from db.dialects import say
from db.models import EventHead, StoredEvent
from db.session import Database
from db.types import Several
from resolvers.access import SYSTEM, Actor, visible
from resolvers.batches import IDS, NOBODY, text_of
from resolvers.errors import patient
from resolvers.news import Event

OWNERS = 64
"""Owners whose events are read in one statement."""


@dataclass(frozen=True, slots=True)
class Heads:
    """The numbers of the newest events of owners."""

    def statement(self, actor: Actor, _: str) -> Any:
        owners = sa.bindparam(IDS, type_=Several(sa.Uuid()))
        rows = visible(actor, EventHead)
        rows = rows.where(say("among", EventHead.owner_id, owners))
        return rows.with_only_columns(EventHead.owner_id, EventHead.seq)


@dataclass(frozen=True, slots=True)
class Since:
    """The first events after a number of each of so many owners."""

    owners: int
    most: int

    def statement(self, actor: Actor, _: str) -> Any:
        of, seq = StoredEvent.owner_id, StoredEvent.seq
        new = [
            (of == sa.bindparam(f"owner{number}", type_=of.type))
            & (seq > sa.bindparam(f"last{number}", type_=seq.type))
            for number in range(self.owners)
        ]
        rows = visible(actor, StoredEvent).where(sa.or_(*new))
        rows = rows.with_only_columns(StoredEvent.topic, of, StoredEvent.row_id, seq)
        return rows.order_by(of, seq).limit(self.most)


async def heads(database: Database, owners: Sequence[UUID]) -> dict[UUID, int]:
    """The number of the newest event of each owner who has any."""
    return dict(await _read(database, Heads(), {IDS: owners}))


async def page(database: Database, lasts: Mapping[UUID, int], most: int) -> list[Event]:
    """The first events after a number of each owner, in order of owners and numbers."""
    count = 1 if len(lasts) == 1 else OWNERS
    given = [*lasts.items(), *[(NOBODY, 0)] * (count - len(lasts))]
    values: dict[str, Any] = {}
    for number, (owner, last) in enumerate(given):
        values |= {f"owner{number}": owner, f"last{number}": last}
    return [Event(*one) for one in await _read(database, Since(count, most), values)]


async def _read(database: Database, asked: Any, values: Mapping[str, Any]) -> list[Any]:
    text, reads = text_of(asked, SYSTEM, database.speech)
    with patient():
        found = [*map(list, await database.direct.rows(text, values))]
    for row in found:
        for place, read in reads:
            row[place] = read(row[place])
    return found
