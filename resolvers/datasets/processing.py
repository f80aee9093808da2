"""Makes a version of a dataset: its table, its profile and its features."""

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from compute.remote import PROCESS, WRITE_FEATURES
from compute.tables.results import Table
from compute.tables.schemas import feature_columns
from db.base import utcnow
from db.models import (
    Dataset,
    DatasetStatus,
    DatasetVersion,
    FeatureData,
    FileUpload,
    FileUploadStatus,
    Job,
    JobStatus,
)
from resolvers.context import Context
from resolvers.datasets.blocks import stored
from resolvers.datasets.uploads import limits
from resolvers.platform import jobs
from resolvers.writes import Transaction


async def run(context: Context, job: Job) -> None:
    """Read the files, and store what they hold as the dataset's next version."""
    dataset_id, upload_id = _ids(job)
    upload, sources = await _begun(context, upload_id)
    key = f"tables/{uuid7().hex}"
    async with AsyncExitStack() as files:
        store = context.equipment.store
        local = [await files.enter_async_context(store.local(one)) for one in sources]
        target = await files.enter_async_context(store.scratch())
        numbers = await files.enter_async_context(store.scratch())
        allowed = limits(context.equipment.policy)
        paths = [str(path) for path in local]
        table: Table = await jobs.computed(
            context, job, (0.0, 0.7), PROCESS, paths, str(target), allowed
        )
        names = feature_columns(table.schema)
        if names:
            given = (WRITE_FEATURES, str(target), names, str(numbers))
            await jobs.computed(context, job, (0.7, 0.8), *given)
            await stored(context, job, upload, numbers, len(names))
        await store.keep(Path(target), key)
    try:
        async with context.transaction() as write:
            await _completed(write, dataset_id, upload_id, table, names, key)
            await jobs.finish(write, job)
    except BaseException:
        await store.remove(key)
        raise


async def ended(
    write: Transaction, job: Job, status: JobStatus, reason: str | None
) -> None:
    """What becomes of a dataset whose processing did not end well."""
    dataset_id, upload_id = _ids(job)
    dataset = await write.session.get(Dataset, dataset_id, with_for_update=True)
    upload = await write.session.get(FileUpload, upload_id, with_for_update=True)
    if dataset:
        write.move(dataset, DatasetStatus.FAILED, DatasetStatus.PROCESSING)
    if upload:
        upload.status = FileUploadStatus.FAILED
        upload.error_message = reason or f"its processing was {status}"
        gone = sa.delete(FeatureData).where(FeatureData.file_upload_id == upload_id)
        await write.session.execute(gone)


def _ids(job: Job) -> tuple[UUID, UUID]:
    given = job.arguments
    return UUID(given["dataset_id"]), UUID(given["upload_id"])


async def _begun(context: Context, id_: UUID) -> tuple[FileUpload, list[str]]:
    """The file that is processed, and the keys of those that it consists of."""
    async with context.transaction() as write:
        upload = await write.get(FileUpload, id_, "uploads")
        upload.status, upload.error_message = FileUploadStatus.PROCESSING, None
        merged = [UUID(one) for one in upload.merged_files or []]
        parts = [await write.get(FileUpload, one, "uploads") for one in merged]
    return upload, [part.file_path or "" for part in parts or [upload]]


async def _completed(
    write: Transaction,
    dataset_id: UUID,
    upload_id: UUID,
    table: Table,
    names: list[str],
    key: str,
) -> None:
    dataset = await write.get(Dataset, dataset_id)
    upload = await write.get(FileUpload, upload_id)
    upload.status, upload.feature_names = FileUploadStatus.COMPLETED, names
    write.move(dataset, DatasetStatus.PROCESSED, DatasetStatus.PROCESSING)
    dataset.processed_at = utcnow()
    figures = {
        "row_count": table.row_count,
        "column_count": table.column_count,
        "size_bytes": table.size_bytes,
        "schema": table.schema,
    }
    for name, value in figures.items():
        setattr(dataset, name, value)
    dataset.file_path = upload.file_path or key
    versions = sa.select(DatasetVersion).where(DatasetVersion.dataset_id == dataset_id)
    same = versions.where(DatasetVersion.sha256 == table.sha256)
    if await write.session.scalar(same):
        write.discarded.append(key)
        return
    await write.add(await _version(write, dataset, upload_id, table, figures, key))


async def _version(
    write: Transaction,
    dataset: Dataset,
    upload_id: UUID,
    table: Table,
    figures: dict[str, Any],
    key: str,
) -> DatasetVersion:
    last = sa.select(sa.func.coalesce(sa.func.max(DatasetVersion.number), 0))
    mine = last.where(DatasetVersion.dataset_id == dataset.id)
    return DatasetVersion(
        owner_id=dataset.owner_id,
        dataset_id=dataset.id,
        file_upload_id=upload_id,
        number=(await write.session.execute(mine)).scalar_one() + 1,
        sha256=table.sha256,
        profile=table.profile,
        warnings=table.warnings,
        file_path=key,
        created_by=write.actor.user_id,
        **figures,
    )
