"""Runs of what is scheduled, each claimed by one process of all."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from uuid_utils.compat import uuid7

from db.models import Tick
from resolvers.context import Context


async def claim(context: Context, name: str, tick: int) -> bool:
    """Whether this run is ours: it is of whoever asks first, and of nobody after."""
    dialect: Any = {"postgresql": postgresql, "sqlite": sqlite}
    insert = dialect[context.database.dialect].insert(Tick)
    first = insert.values(id=uuid7(), name=name, tick=tick).on_conflict_do_nothing()
    async with context.transaction() as write:
        mine = await write.session.scalar(first.returning(Tick.id))
    return mine is not None
