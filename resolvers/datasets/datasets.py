"""Datasets: made of files, described, processed, merged, archived, deleted."""

import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from db.models import (
    Dataset,
    DatasetStatus,
    DatasetVersion,
    FileUpload,
    FileUploadStatus,
    UsageMetric,
)
from resolvers.access import Permission, changeable, require
from resolvers.billing.entitlements import entitled
from resolvers.billing.stocks import room, writable
from resolvers.descriptions import NAME, described
from resolvers.errors import Conflict, Invalid
from resolvers.writes import Transaction

FILES = 100
"""The most files of a dataset."""
TASK = "datasetProcess"


async def create(  # noqa: PLR0913, PLR0917  what its mutation is told
    write: Transaction,
    name: str,
    upload_ids: Sequence[UUID],
    description: str | None,
    tags: list[str],
    meta: Any,
    *,
    id_: UUID | None = None,
) -> Dataset:
    """Make a dataset of files that were uploaded; it is processed on demand.

    Only the server itself gives an id, of a row that its documentation names.
    """
    owner_id = require(write.actor, Permission.EDIT_DATASETS)
    await room(write, Dataset)
    said = described(name=name, description=description, tags=tags, meta=meta)
    dataset = Dataset(id=id_ or uuid7(), owner_id=owner_id, **said)
    files = await _free(write, dataset, upload_ids)
    _require_alike(files)
    dataset.file_path = files[0].file_path
    dataset.row_count = sum(file.row_count for file in files)
    dataset.column_count = len(files[0].columns)
    await write.add(dataset)
    for file in files:
        file.dataset_id = dataset.id
    await entitled(write, UsageMetric.DATASETS)
    return dataset


async def update(
    write: Transaction, id_: UUID, expected: int | None, changes: dict[str, Any]
) -> Dataset:
    """Change what is said of a dataset; its data stay as they are."""
    require(write.actor, Permission.EDIT_DATASETS)
    dataset = await _changing(write, id_, expected)
    now = {
        name: getattr(dataset, name) for name in ("name", "description", "tags", "meta")
    }
    for name, value in described(**(now | changes)).items():
        setattr(dataset, name, value)
    return dataset


async def archive(write: Transaction, id_: UUID, *, archived: bool) -> Dataset:
    """Put a dataset aside, or take it up again."""
    require(write.actor, Permission.EDIT_DATASETS)
    dataset = await _changing(write, id_)
    dataset.is_active = not archived
    return dataset


async def process(
    write: Transaction, id_: UUID, upload_ids: Sequence[UUID] | None = None
) -> Dataset:
    """Make a new version, of some of a dataset's files or of all."""
    require(write.actor, Permission.RUN_JOBS)
    dataset = await _changing(write, id_)
    if not dataset.is_active:
        raise Conflict("this dataset is archived", "id")
    before = (DatasetStatus.UPLOADED, DatasetStatus.PROCESSED, DatasetStatus.FAILED)
    write.move(dataset, DatasetStatus.PROCESSING, *before)
    files = await _files(write, dataset, upload_ids)
    source = files[0] if len(files) == 1 else await _merged(write, dataset, files)
    given = {"dataset_id": str(id_), "upload_id": str(source.id)}
    job = await write.enqueue(TASK, dataset.owner_id, **given)
    dataset.job_id = job.id
    return dataset


async def merge(write: Transaction, id_: UUID, upload_ids: Sequence[UUID]) -> Dataset:
    """Add files of the same header to a dataset, and make a new version of all."""
    require(write.actor, Permission.EDIT_DATASETS)
    dataset = await write.get(Dataset, id_)
    await _attach(write, dataset, upload_ids)
    return await process(write, id_)


async def delete(write: Transaction, id_: UUID, expected: int | None) -> Dataset:
    """Delete a dataset, its files and versions."""
    require(write.actor, Permission.EDIT_DATASETS)
    dataset = await write.get(Dataset, id_, expected=expected)
    if dataset.status is DatasetStatus.PROCESSING:
        raise Conflict("this dataset is being processed; cancel its job first", "id")
    for model in (FileUpload, DatasetVersion):
        mine = changeable(write.actor, model).where(model.dataset_id == id_)
        paths = await write.session.scalars(mine.with_only_columns(model.file_path))
        write.discarded += filter(None, paths)
    await write.delete(dataset)
    return dataset


async def _changing(
    write: Transaction, id_: UUID, expected: int | None = None
) -> Dataset:
    """A dataset to change, which the actor's plan has to leave writable."""
    dataset = await write.get(Dataset, id_, expected=expected)
    await writable(write, Dataset, id_, "id")
    return dataset


async def _attach(
    write: Transaction, dataset: Dataset, ids: Sequence[UUID]
) -> list[FileUpload]:
    """All files of a dataset, once these are its own too."""
    for file in await _free(write, dataset, ids):
        file.dataset_id = dataset.id
    await write.flush()
    files = await _files(write, dataset, None)
    if len(files) > FILES:
        raise Invalid(f"a dataset is made of at most {FILES} files", "uploads")
    _require_alike(files)
    return files


async def _free(
    write: Transaction, dataset: Dataset, ids: Sequence[UUID]
) -> list[FileUpload]:
    """Files that may become a dataset's, locked. Raises Invalid or Conflict."""
    if not 1 <= len(ids) <= FILES:
        raise Invalid(f"from 1 to {FILES} files are taken, not {len(ids)}", "uploads")
    if len(set(ids)) < len(ids):
        raise Invalid("each file is named once", "uploads")
    files = [await write.get(FileUpload, id_, "uploads") for id_ in sorted(ids)]
    for file in files:
        if file.owner_id != dataset.owner_id:
            raise Invalid("a dataset is made of its owner's files", "uploads")
        if file.dataset_id not in {None, dataset.id}:
            raise Conflict(f"{file.original_filename} is of another dataset", "uploads")
    return files


def _require_alike(files: Sequence[FileUpload]) -> None:
    for file in files[1:]:
        if file.columns != files[0].columns:
            raise Invalid(_difference(files[0], file), "uploads")


def _difference(first: FileUpload, other: FileUpload) -> str:
    """Where two headers part."""
    pairs = zip(first.columns, other.columns, strict=False)
    place = next((n for n, (a, b) in enumerate(pairs) if a != b), None)
    one, two = first.original_filename, other.original_filename
    if place is None:
        counts = f"{len(first.columns)} columns and {len(other.columns)}"
        return f"{one} and {two} have different headers: {counts}"
    names = f"{first.columns[place]!r} and {other.columns[place]!r}"
    return f"{one} and {two} differ in column {place + 1} of the header: {names}"


async def _files(
    write: Transaction, dataset: Dataset, ids: Sequence[UUID] | None
) -> list[FileUpload]:
    """The files as they came, in the order in which they did."""
    rows = changeable(write.actor, FileUpload).where(
        FileUpload.dataset_id == dataset.id, FileUpload.merged_files.is_(None)
    )
    if ids is not None:
        rows = rows.where(FileUpload.id.in_(ids))
    files = list(await write.session.scalars(rows.order_by(FileUpload.id)))
    if not files or (ids is not None and len(files) < len(set(ids))):
        raise Invalid("each must be a file of this dataset", "uploads")
    return files


async def _merged(
    write: Transaction, dataset: Dataset, files: list[FileUpload]
) -> FileUpload:
    """The file that several become, which is known before it is there."""
    ids = [str(file.id) for file in files]
    rows = changeable(write.actor, FileUpload).where(
        FileUpload.dataset_id == dataset.id,
        FileUpload.merged_files == sa.literal(ids, FileUpload.merged_files.type),
    )
    if known := await write.session.scalar(rows):
        return known
    names = " + ".join(file.original_filename for file in files)
    digest = hashlib.sha256("".join(file.sha256 for file in files).encode())
    merged = FileUpload(
        owner_id=dataset.owner_id,
        dataset_id=dataset.id,
        original_filename=names[:NAME],
        file_size=sum(file.file_size for file in files),
        sha256=digest.hexdigest(),
        status=FileUploadStatus.PENDING,
        row_count=sum(file.row_count for file in files),
        columns=files[0].columns,
        merged_files=ids,
    )
    return await write.add(merged)
