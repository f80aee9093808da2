"""Files that no row names: what was broken off between the file and its row."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from db.base import utcnow
from db.models import (
    BatchPrediction,
    DatasetVersion,
    FileUpload,
    ModelVersion,
    ReductionResult,
)
from resolvers.access import SYSTEM, visible
from resolvers.context import Context

AGE = timedelta(hours=24)
"""How long a file waits for its row; nothing takes nearly as long."""
NAMED: Mapping[str, tuple[Any, str]] = {
    "uploads": (FileUpload, "file_path"),
    "tables": (DatasetVersion, "file_path"),
    "models": (ModelVersion, "file_path"),
    "batches": (BatchPrediction, "file_path"),
    "references": (ReductionResult, "reference_path"),
}
"""For each folder of the store the rows that name its files, and by which column."""


async def remove(context: Context) -> dict[str, int]:
    """Remove files that have no row, or were never whole, after a day."""
    store, before = context.equipment.store, utcnow() - AGE
    counts = dict.fromkeys(NAMED, 0)
    await store.tidy(before)
    for folder, named in NAMED.items():
        async for keys in store.older(folder, before):
            unnamed = await _unnamed(context, keys, *named)
            await store.remove(*unnamed)
            counts[folder] += len(unnamed)
    return counts


async def _unnamed(
    context: Context, keys: list[str], model: Any, column: str
) -> list[str]:
    path = getattr(model, column)
    rows = visible(SYSTEM, model).where(path.in_(keys)).with_only_columns(path)
    async with context.database.read() as session:
        known = set(await session.scalars(rows))
    return [key for key in keys if key not in known]
