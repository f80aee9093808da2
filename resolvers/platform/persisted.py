"""Documents that are kept, so that they can be asked by their digests."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from db.models import PersistedOperation, User
from resolvers.access import BaseRole, Permission, askable, require, visible
from resolvers.context import Context
from resolvers.errors import Exhausted, Invalid, patient
from resolvers.platform.actions import Done, accounted, act
from resolvers.writes import Transaction

PREFIX = "sha256:"
"""How the id of a document begins; its digest follows."""
MOST = 100
"""Documents that are registered at once."""
LONGEST = 255
"""Characters of a name that are kept."""
DELETED = "persisted"
"""The topic on which is told that a document is gone."""

Check = Callable[[str], Awaitable[str]]
"""Gives the name of a document's first operation. Raises Invalid."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document that was found valid."""

    sha256: str
    name: str
    text: str


def id_of(text: str) -> str:
    """What a text is asked by."""
    return f"{PREFIX}{_digest(text)}"


async def register(
    context: Context, action: str, key: str | None, texts: Sequence[str], check: Check
) -> Done:
    """Keep documents, each once. Those of an administrator are everybody's."""
    read = await accounted(context, action, _read(context, texts, check))
    if isinstance(read, Done):
        return read
    most = context.equipment.policy.persisted_operations
    return await act(context, action, key, keep, read, most)


async def keep(write: Transaction, documents: list[Document], most: int) -> None:
    """Keep those that the actor has not registered yet."""
    owner_id = require(write.actor, Permission.EDIT_DOCUMENTS)
    await write.get(User, owner_id)  # two at a time would both find room
    shared = write.actor.role is BaseRole.ADMIN
    mine = visible(write.actor, PersistedOperation)
    mine = mine.where(PersistedOperation.owner_id == owner_id)
    named = PersistedOperation.sha256.in_([one.sha256 for one in documents])
    known = {one.sha256: one for one in await write.session.scalars(mine.where(named))}
    for row in known.values():
        row.is_shared = row.is_shared or shared
    new = [one for one in documents if one.sha256 not in known]
    count = mine.with_only_columns(sa.func.count())
    there = (await write.session.execute(count)).scalar_one()
    if new and there + len(new) > most:
        said = f"you have registered {there} documents, and may register {most}"
        raise Exhausted(said, "documents")
    for one in new:
        row = PersistedOperation(owner_id=owner_id, is_shared=shared)
        row.sha256, row.name, row.document = one.sha256, one.name, one.text
        await write.add(row)


async def delete(write: Transaction, id_: UUID) -> PersistedOperation:
    """Delete a document; processes that know of it are told."""
    require(write.actor, Permission.EDIT_DOCUMENTS)
    row = await write.get(PersistedOperation, id_)
    await write.delete(row)
    write.announce(DELETED, row)
    return row


async def find(context: Context, sha256: str) -> PersistedOperation | None:
    """The document of a digest that answers the actor: everybody's before their own."""
    rows = askable(context.actor).where(PersistedOperation.sha256 == sha256)
    first = rows.order_by(PersistedOperation.is_shared.desc()).limit(1)
    with patient():
        async with context.read() as session:
            return await session.scalar(first)


async def _read(context: Context, texts: Sequence[str], check: Check) -> list[Document]:
    """Valid documents, each once. Raises Invalid for the first that is not valid."""
    require(context.actor, Permission.EDIT_DOCUMENTS)
    if not 1 <= len(texts) <= MOST:
        said = f"from 1 to {MOST} documents are registered at once, not {len(texts)}"
        raise Invalid(said, "documents")
    read: dict[str, Document] = {}
    for place, text in enumerate(texts):
        try:
            name = await check(text)
        except Invalid as error:
            raise Invalid(error.message, "documents", str(place)) from error
        read[text] = Document(_digest(text), name[:LONGEST], text)
    return list(read.values())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
