"""Events that are kept: numbered for each owner, so that nobody misses one."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from uuid_utils.compat import uuid7

from db.base import Base
from db.models import AuditEntry, EventHead, Outcome, StoredEvent
from resolvers.access import SYSTEM, require_user, visible
from resolvers.audit import entries
from resolvers.context import Context
from resolvers.equipment import Event
from resolvers.errors import BadRequest, patient
from resolvers.loaders import Loaders
from resolvers.writes import Transaction

WAKE = "events"
"""The topic on which an owner is told that there is something to read."""
PATIENCE = 2.0
"""Seconds to wait for word before looking all the same."""
AT_ONCE = 256
"""Events read in one statement."""


async def conclude(
    write: Transaction,
    action: str,
    row: Base | None = None,
    *,
    status: Outcome = Outcome.SUCCESS,
) -> AuditEntry:
    """The last statements of a write: its events are numbered, its entry appended.

    Both hold a lock until the commit, always in this order.
    """
    await _number(write)
    return await entries.append(write, action, row, status=status)


async def follow(
    context: Context, topics: Sequence[str], after: str | None
) -> AsyncGenerator[Event]:
    """The actor's kept events of some topics, from now on or after a cursor.

    Word of an event only makes it sooner: what is given is read from the table, in
    order and without gaps, however much of the word was lost.
    """
    owner = require_user(context.actor)
    async with context.bus.listen(WAKE, owner) as words:
        newest = await _newest(context, owner)
        last = newest if after is None else _read(after)
        if last > newest:
            raise BadRequest(f"{after!r} is ahead of all events; begin without it")
        loaders = context.loaders
        while True:
            found = await _since(context, loaders, last)
            for event in found:
                last = event.seq or last
                if event.topic in topics:
                    yield event
            if len(found) < AT_ONCE:
                loaders = await _word(context, words)


def cursor(event: Event) -> str:
    """Where a client goes on after this event."""
    return str(event.seq)


async def _number(write: Transaction) -> None:
    """Give the write's events their numbers, under the lock of each owner's head."""
    of: dict[UUID, list[tuple[str, UUID]]] = defaultdict(list)
    for topic, owner, row in write.remembered:
        of[owner].append((topic, row))
    write.remembered.clear()
    for owner in sorted(of):
        last = await _advance(write, owner, len(of[owner]))
        first = last - len(of[owner]) + 1
        rows = [
            {"owner_id": owner, "seq": first + n, "topic": topic, "row_id": row}
            for n, (topic, row) in enumerate(of[owner])
        ]
        await write.session.execute(sa.insert(StoredEvent), rows)
        write.announced.append((WAKE, owner, owner))


async def _advance(write: Transaction, owner: UUID, by: int) -> int:
    dialect: Any = {"postgresql": postgresql, "sqlite": sqlite}
    insert = dialect[write.session.get_bind().dialect.name].insert(EventHead)
    first = insert.values(id=uuid7(), owner_id=owner, seq=by)
    moved = first.on_conflict_do_update(
        index_elements=["owner_id"], set_={"seq": EventHead.seq + by}
    )
    return (await write.session.execute(moved.returning(EventHead.seq))).scalar_one()


async def _newest(context: Context, owner: UUID) -> int:
    head = sa.select(EventHead.seq).where(EventHead.owner_id == owner)
    with patient():
        async with context.database.read() as session:
            return await session.scalar(head) or 0


async def _since(context: Context, loaders: Loaders, last: int) -> list[Event]:
    """What came after a number. Whoever has the same loaders is given the same."""
    owner = require_user(context.actor)

    async def batch(lasts: list[int]) -> list[list[Event]]:
        return [await _page(context, owner, one) for one in lasts]

    return await loaders.of("events", batch).load(last)


async def _page(context: Context, owner: UUID, last: int) -> list[Event]:
    mine = (StoredEvent.owner_id == owner) & (StoredEvent.seq > last)
    page = visible(SYSTEM, StoredEvent).where(mine).order_by(StoredEvent.seq)
    with patient():
        async with context.database.read() as session:
            found = await session.scalars(page.limit(AT_ONCE))
            return [Event(one.topic, owner, one.row_id, one.seq) for one in found]


async def _word(context: Context, words: AsyncIterator[Event]) -> Loaders:
    """Wait for word; gives loaders that all who have the same word share."""
    try:
        async with asyncio.timeout(PATIENCE):
            news = await anext(words)
    except TimeoutError:
        return Loaders(context.database, context.actor)
    return news.loaders(context.database, context.actor)


def _read(after: str) -> int:
    if not after.isdecimal() or len(after) > 18:
        raise BadRequest(f"no cursor of these events is {after!r}")
    return int(after)
