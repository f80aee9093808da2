"""Events that are kept: numbered for each owner, so that nobody misses one."""

from collections import defaultdict
from typing import Any
from uuid import UUID

from sqlalchemy.dialects import postgresql, sqlite

from db import rows
from db.base import Base
from db.models import EventHead, Outcome, StoredEvent
from resolvers.access import Actor
from resolvers.audit import entries
from resolvers.tails import WAKE
from resolvers.writes import Transaction


async def conclude(
    write: Transaction,
    action: str,
    row: Base | None = None,
    *,
    status: Outcome = Outcome.SUCCESS,
) -> None:
    """The last statements of a write: its events are numbered, its entry appended.

    Both hold a lock until the commit, always in this order.
    """
    await _number(write)
    await entries.append(write, action, row, status=status)


async def _number(write: Transaction) -> None:
    """Give the write's events their numbers, under the lock of each owner's head."""
    of: dict[UUID, list[tuple[str, UUID]]] = defaultdict(list)
    for topic, owner, row in write.remembered:
        of[owner].append((topic, row))
    write.remembered.clear()
    for owner in sorted(of):
        last = await _advance(write, owner, len(of[owner]))
        first = last - len(of[owner]) + 1
        kept = [
            {"owner_id": owner, "seq": first + n, "topic": topic, "row_id": row}
            for n, (topic, row) in enumerate(of[owner])
        ]
        await write.fill(StoredEvent, kept)
        write.announced.append((WAKE, owner, owner))


async def _advance(write: Transaction, owner: UUID, by: int) -> int:
    values = rows.completed(EventHead(owner_id=owner, seq=by))
    [(last,)] = await write.run(_advanced, write.writing.dialect, **values)
    return last


def _advanced(_: Actor, dialect: str) -> Any:
    speech: Any = {"postgresql": postgresql, "sqlite": sqlite}[dialect]
    insert = speech.insert(EventHead)
    moved = insert.on_conflict_do_update(
        index_elements=["owner_id"], set_={"seq": EventHead.seq + insert.excluded.seq}
    )
    return moved.returning(EventHead.seq)
