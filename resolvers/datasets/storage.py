"""Bytes of files: how many somebody keeps, and may keep."""

from typing import Any

import sqlalchemy as sa

from db.models import FileUpload, ModelVersion, User
from resolvers.access import Actor, changeable, visible
from resolvers.context import Context
from resolvers.errors import Exhausted
from resolvers.writes import Transaction

KEEPING = (FileUpload, ModelVersion)
"""Rows whose files come from their owner."""
VIEWER = sa.bindparam("viewer", type_=sa.Uuid())


async def left(context: Context, *besides: Any) -> int:
    """Bytes that the actor may still keep. Raises Exhausted where there are none.

    What is kept `besides` counts as well: models whose rows have a `file_size`. Others
    may take them meanwhile: what came is counted again where it is written down.
    """
    most, kept = context.equipment.policy.storage_bytes, 0
    async with context.read() as session:
        for model in (*KEEPING, *besides):
            mine = visible(context.actor, model)
            mine = mine.where(model.owner_id == context.actor.user_id)
            found = await session.execute(mine.with_only_columns(_size(model)))
            kept += int(found.scalar_one())
    if kept >= most:
        raise _full(most)
    return most - kept


async def keep(write: Transaction, size: int, most: int) -> None:
    """Raises Exhausted where this is more than the actor may keep in all.

    Their row is locked, so that each write counts what those before it kept.
    """
    await write.run(_locked)
    kept = [await write.run(_kept, model) for model in KEEPING]
    if sum(int(one) for [(one,)] in kept) + size > most:
        raise _full(most)


def _full(most: int) -> Exhausted:
    return Exhausted(f"all of your files have at most {most} bytes", "file")


def _size(model: Any) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(model.file_size), 0)


def _locked(actor: Actor) -> sa.Select[Any]:
    mine = changeable(actor, User).where(User.id == VIEWER)
    return mine.with_only_columns(User.id).with_for_update(key_share=True)


def _kept(actor: Actor, model: Any) -> sa.Select[Any]:
    mine = changeable(actor, model).where(model.owner_id == VIEWER)
    return mine.with_only_columns(_size(model))
