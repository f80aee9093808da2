"""Files on their way in: counted, hashed and checked before anyone hears of them."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from compute.remote import CHECK
from compute.tables.errors import TableError
from compute.tables.limits import Limits
from compute.tables.results import Checked
from db import faultpoints
from db.base import Base
from db.models import FileUpload
from resolvers.access import SYSTEM, Permission, require, visible
from resolvers.context import Context
from resolvers.datasets import storage
from resolvers.errors import Exhausted, Invalid
from resolvers.platform.actions import Done, accounted, act
from resolvers.policy import Policy
from resolvers.writes import Transaction

LONGEST = 255
"""Characters of a file's name."""


@dataclass(frozen=True, slots=True)
class Received:
    """A file that was found readable and is kept under a key."""

    id: UUID = field(compare=False)
    key: str = field(compare=False)
    name: str
    size: int
    sha256: str
    checked: Checked


async def take(
    context: Context,
    action: str,
    key: str | None,
    name: str,
    chunks: AsyncIterator[bytes],
) -> Done:
    """Take a file in as it comes, in memory that does not grow with it.

    It is refused, and nothing of it stays, where it is too large or no table; what is
    wrong with a table is said with its line and column.
    """
    received = await accounted(context, action, _received(context, name, chunks))
    if isinstance(received, Done):
        return received
    async with removed_without(context, FileUpload, received.id, received.key):
        await faultpoints.pass_by("upload.after_rename_before_row")
        most = context.equipment.policy.storage_bytes
        done = await act(context, action, key, create, received, most)
    if done.replayed or done.row is None:
        await context.equipment.store.remove(received.key)
    await faultpoints.pass_by("upload.after_row_before_reply")
    return done


async def create(write: Transaction, received: Received, most: int) -> FileUpload:
    """Write down that a file has come. Raises Exhausted where there is no room."""
    owner_id = require(write.actor, Permission.EDIT_DATASETS)
    await storage.keep(write, received.size, most)
    upload = FileUpload(
        id=received.id,
        owner_id=owner_id,
        original_filename=received.name,
        file_size=received.size,
        file_path=received.key,
        sha256=received.sha256,
        row_count=received.checked.rows,
        columns=list(received.checked.columns),
    )
    return await write.add(upload)


@asynccontextmanager
async def removed_without(
    context: Context, model: type[Base], id_: UUID, key: str
) -> AsyncGenerator[None]:
    """Remove a file where something goes wrong, unless its row is there.

    It is looked for, since a write that seems to have failed may have committed.
    """
    try:
        yield
    except BaseException:
        await asyncio.shield(_removed_without(context, model, id_, key))
        raise


async def _removed_without(
    context: Context, model: type[Base], id_: UUID, key: str
) -> None:
    rows = visible(SYSTEM, model).where(model.id == id_)
    async with context.database.read() as session:
        known = await session.scalar(rows.with_only_columns(model.id))
    if known is None:
        await context.equipment.store.remove(key)


def limits(policy: Policy) -> Limits:
    """What a table may be, in the words of `compute`."""
    return Limits(columns=policy.columns, rows=policy.file_rows)


async def _received(
    context: Context, name: str, chunks: AsyncIterator[bytes]
) -> Received:
    require(context.actor, Permission.EDIT_DATASETS)
    if not 1 <= len(name) <= LONGEST or "\0" in name:
        raise Invalid(f"a file's name has from 1 to {LONGEST} characters", "file")
    store, policy = context.equipment.store, context.equipment.policy
    most = min(policy.upload_bytes, await storage.left(context))
    async with store.scratch() as path:
        size, sha256 = await written(path, chunks, most)
        checked = await _checked(context, path, name)
        id_ = uuid7()
        key = f"uploads/{id_.hex}"
        await store.keep(path, key)
    return Received(id_, key, name, size, sha256, checked)


async def written(
    path: Path, chunks: AsyncIterator[bytes], most: int
) -> tuple[int, str]:
    """Write a file chunk by chunk, in a thread. Its size, and its digest."""
    size, digest = 0, hashlib.sha256()

    def put(file: Any, chunk: bytes) -> None:
        digest.update(chunk)
        file.write(chunk)

    with path.open("wb") as file:
        async for chunk in chunks:
            size += len(chunk)
            if size > most:
                raise Exhausted(f"a file has at most {most} bytes", "file")
            await asyncio.to_thread(put, file, chunk)
            await faultpoints.pass_by("upload.after_chunk")
    return size, digest.hexdigest()


async def _checked(context: Context, path: Path, name: str) -> Checked:
    allowed = limits(context.equipment.policy)
    try:
        return await context.compute.run(CHECK, str(path), name, allowed, slow=True)
    except TableError as error:
        raise Invalid(str(error), "file") from error
    except MemoryError as error:
        raise Invalid("this file takes more memory than there is", "file") from error
