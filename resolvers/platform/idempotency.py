"""Keys of a caller's own, under which a mutation takes effect once."""

import hashlib
import json
from dataclasses import fields, is_dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from db import models, rows
from db.base import Base
from db.models import IdempotencyKey
from resolvers.access import Actor, require_user
from resolvers.context import Context
from resolvers.errors import LOCKED, Conflict, IdempotencyMismatch, Invalid
from resolvers.writes import Transaction

LONGEST = 100


class Replayed(Exception):
    """The key has taken effect before."""


async def claim(write: Transaction, operation: str, key: str, given: Any) -> UUID:
    """Make the key this write's, before anything else. Raises Replayed.

    While another write has it, this waits: what took effect is known only then.
    """
    owner = require_user(write.actor)
    if not 1 <= len(key) <= LONGEST:
        raise Invalid(f"a key has from 1 to {LONGEST} characters", "idempotency_key")
    mine = IdempotencyKey(owner_id=owner, operation=operation, key=key)
    mine.fingerprint = fingerprint(given)
    try:
        values = rows.completed(mine)
        claimed = await write.run(_claimed, write.writing.dialect, **values)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", "") not in LOCKED:
            raise
        said = "the same key is being used at this moment; try again in a second"
        raise Conflict(said, "idempotency_key") from error
    if not claimed:
        raise Replayed
    return mine.id


async def settle(write: Transaction, id_: UUID, row: Base | None) -> None:
    """Write down which row came of it."""
    named = {"named": row and type(row).__name__, "which": row and row.id}
    await write.run(_settled, mine=id_, **named)


async def replayed(context: Context, operation: str, key: str, given: Any) -> Any:
    """The row that came of it, as it is now, or None where it is not visible any more.

    Raises IdempotencyMismatch where the key was used for something else.
    """
    same = (IdempotencyKey.operation == operation) & (IdempotencyKey.key == key)
    mine = same & (IdempotencyKey.owner_id == context.actor.user_id)
    async with context.read() as session:
        found = await session.scalar(sa.select(IdempotencyKey).where(mine))
    if found is None or found.fingerprint != fingerprint(given):
        raise IdempotencyMismatch(
            f"the key {key!r} was used for something else", "idempotency_key"
        )
    if found.entity is None or found.entity_id is None:
        return None
    model: type[Base] = getattr(models, found.entity)
    return await context.loaders.row(model).load(found.entity_id)


def fingerprint(given: Any) -> str:
    """A digest of what a mutation was given; equal input, equal digest."""
    spelling: Any = {"sort_keys": True, "separators": (",", ":")}
    text = json.dumps(_plain(given), ensure_ascii=False, **spelling)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(given: Any) -> Any:
    """What was given, in words that JSON has."""
    if isinstance(given, dict):
        return {str(name): _plain(value) for name, value in given.items()}
    if isinstance(given, list | tuple):
        return [_plain(value) for value in given]
    if is_dataclass(given):
        compared = (one.name for one in fields(given) if one.compare)
        return {name: _plain(getattr(given, name)) for name in compared}
    plain = given is None or isinstance(given, str | int | float | bool)
    return given if plain else str(given)


def _claimed(_: Actor, dialect: str) -> Any:
    speech: Any = {"postgresql": postgresql, "sqlite": sqlite}[dialect]
    insert = speech.insert(IdempotencyKey).on_conflict_do_nothing()
    return insert.returning(IdempotencyKey.id)


def _settled(_: Actor) -> sa.Update:
    mine = IdempotencyKey.id == sa.bindparam("mine")
    entity, which = sa.bindparam("named"), sa.bindparam("which")
    return sa.update(IdempotencyKey).where(mine).values(entity=entity, entity_id=which)
