"""Makes a version of a dataset: its table, its profile and its features."""

from contextlib import AsyncExitStack
from pathlib import Path
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
from resolvers.access import visible
from resolvers.context import Context
from resolvers.datasets.blocks import stored
from resolvers.datasets.uploads import limits, removed_without
from resolvers.platform import jobs
from resolvers.policy import Policy
from resolvers.writes import Transaction

FIGURES = ("row_count", "column_count", "size_bytes", "schema")
"""What a dataset repeats of its newest version."""
KEPT = ("sha256", "profile", "warnings")


async def run(context: Context, job: Job) -> None:
    """Read the files, and store what they hold as the dataset's next version."""
    dataset_id, upload_id = _ids(job)
    upload, sources = await _begun(context, upload_id)
    version_id = uuid7()
    key = f"tables/{version_id.hex}"
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
        names = _kept_features(table, context.equipment.policy)
        if names:
            given = (WRITE_FEATURES, str(target), names, str(numbers))
            await jobs.computed(context, job, (0.7, 0.8), *given)
            await stored(context, job, upload, numbers, len(names))
        await store.keep(Path(target), key)
    version = _version(version_id, dataset_id, upload, table, key)
    async with (
        removed_without(context, DatasetVersion, version_id, key),
        context.transaction() as write,
    ):
        await _completed(write, version, names)
        await jobs.finish(write, job)


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
        upload.feature_names = []
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


def _kept_features(table: Table, policy: Policy) -> list[str]:
    """The features that are stored as numbers: all, unless they are too many."""
    names = feature_columns(table.schema)
    if table.row_count * len(names) * 8 <= policy.feature_bytes:
        return names
    table.warnings.append(
        f"{table.row_count} rows of {len(names)} numeric columns are too many to be"
        " paged as features; maps of them can be made"
    )
    return []


async def _completed(
    write: Transaction, version: DatasetVersion, names: list[str]
) -> None:
    """Store a version, unless the dataset has had one of the same data."""
    dataset = await write.get(Dataset, version.dataset_id)
    upload = await write.get(FileUpload, version.file_upload_id)
    upload.status, upload.feature_names = FileUploadStatus.COMPLETED, names
    for part in upload.merged_files or []:
        merged = await write.get(FileUpload, UUID(part), "uploads")
        merged.status = FileUploadStatus.COMPLETED
    write.move(dataset, DatasetStatus.PROCESSED, DatasetStatus.PROCESSING)
    dataset.processed_at = utcnow()
    versions = visible(write.actor, DatasetVersion, by_key=True).where(
        DatasetVersion.dataset_id == dataset.id
    )
    same = versions.where(DatasetVersion.sha256 == version.sha256)
    if await write.session.scalar(same):
        write.discarded.append(version.file_path)
        return
    last = versions.with_only_columns(sa.func.max(DatasetVersion.number))
    version.number = (await write.session.scalar(last) or 0) + 1
    version.created_by = write.actor.user_id
    await write.add(version)
    for name in (*FIGURES, "file_path"):
        setattr(dataset, name, getattr(version, name))


def _version(
    id_: UUID, dataset_id: UUID, upload: FileUpload, table: Table, key: str
) -> DatasetVersion:
    """A version that is yet to be numbered."""
    return DatasetVersion(
        id=id_,
        owner_id=upload.owner_id,
        dataset_id=dataset_id,
        file_upload_id=upload.id,
        file_path=key,
        **{name: getattr(table, name) for name in (*FIGURES, *KEPT)},
    )
