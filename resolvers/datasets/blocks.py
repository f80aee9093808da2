"""Features in blocks of rows: written a little at a time, read a page at a time."""

import array
import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from db.models import FeatureData, FileUpload, Job
from resolvers.access import visible
from resolvers.context import Context
from resolvers.platform import jobs

BLOCK = 1024 * 1024
"""Bytes of a block, about; a block holds whole rows, and at least one."""
AT_ONCE = 4
"""Blocks written in one transaction: nobody else waits long for SQLite's writer."""
WIDTH = 8
"""Bytes of a number."""


async def stored(
    context: Context, job: Job, upload: FileUpload, numbers: Path, dim: int
) -> None:
    """Store a file of doubles, row by row, as the features of an upload.

    It is the last fifth of the job's progress.
    """
    async with context.transaction() as write:
        old = sa.delete(FeatureData).where(FeatureData.file_upload_id == upload.id)
        await write.session.execute(old)
    waiting: list[dict[str, Any]] = []
    async for block in _blocks(numbers, dim):
        waiting.append(
            block | {"owner_id": upload.owner_id, "file_upload_id": upload.id}
        )
        if len(waiting) == AT_ONCE:
            await _insert(context, waiting)
            await jobs.report(context, job, 0.8 + 0.2 * _share(waiting[-1], upload))
            waiting = []
    if waiting:
        await _insert(context, waiting)


def _share(block: dict[str, Any], upload: FileUpload) -> float:
    return (block["first_row"] + block["row_count"]) / upload.row_count


async def page(
    context: Context, upload: FileUpload, first_row: int, rows: int, names: list[str]
) -> list[list[float]]:
    """Some rows of some features, in the order in which they are named."""
    places = {name: place for place, name in enumerate(upload.feature_names)}
    chosen = [places[name] for name in names]
    end = min(first_row + rows, upload.row_count)
    if first_row >= end:
        return []
    blocks = visible(context.actor, FeatureData, by_key=True).where(
        FeatureData.file_upload_id == upload.id,
        FeatureData.first_row < end,
        FeatureData.first_row + FeatureData.row_count > first_row,
    )
    found: list[list[float]] = []
    async with context.read() as session:
        for block in await session.scalars(blocks.order_by(FeatureData.first_row)):
            start = max(first_row - block.first_row, 0)
            stop = min(end - block.first_row, block.row_count)
            for row in range(start, stop):
                at, values = row * block.dim, block.feature_values
                found.append([values[at + place] for place in chosen])
    return found


async def _blocks(numbers: Path, dim: int) -> AsyncIterator[dict[str, Any]]:
    rows = max(BLOCK // (dim * WIDTH), 1)
    first = 0
    with numbers.open("rb") as file:
        while content := await asyncio.to_thread(file.read, rows * dim * WIDTH):
            values = array.array("d")
            values.frombytes(content)
            count = len(values) // dim
            yield {
                "id": uuid7(),
                "first_row": first,
                "row_count": count,
                "dim": dim,
                "feature_values": values,
            }
            first += count


async def _insert(context: Context, blocks: list[dict[str, Any]]) -> None:
    async with context.transaction() as write:
        await write.session.execute(sa.insert(FeatureData), blocks)
