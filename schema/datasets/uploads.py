"""Files, as they came."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
from strawberry.file_uploads import Upload

from db import models
from resolvers.datasets import blocks, uploads
from resolvers.errors import BadRequest
from schema.connections import Connection
from schema.edges import found, listed, to_one
from schema.enums import FileUploadStatus
from schema.lists.datasets import FileUploadFilter, FileUploadOrder
from schema.nodes import Entity, Info
from schema.perform import Creation, Keyed, Performed
from schema.reads import costing
from schema.refs import DatasetRef, FileUploadRef
from schema.scalars import BigInt

CHUNK = 1024 * 1024
LARGEST = 50_000
"""The most numbers of one page of features: twenty rows of as many as there may be."""


@strawberry.type
class Features:
    """Some rows of a file's numeric columns."""

    names: list[str]
    """The columns, in the order of the numbers of each row."""
    first_row: int
    """Where the page begins: 0 is the first row of data."""
    rows: list[list[float]]
    """The numbers of each row."""


@strawberry.type
class FileUpload(Entity, of=models.FileUpload):
    """A file as it came from its owner, or several merged into one."""

    created_at: datetime
    updated_at: datetime
    original_filename: str
    file_size: BigInt
    sha256: str
    status: FileUploadStatus
    error_message: str | None
    row_count: int
    columns: list[str]
    feature_names: list[str]
    dataset: DatasetRef | None = to_one(models.FileUpload.dataset_id)
    """The dataset that it belongs to."""

    @strawberry.field(graphql_type=list[FileUploadRef])
    async def merged_files(self, info: Info) -> Any:
        """The files that it was merged from; none if it came as it is."""
        row: Any = self
        ids = [UUID(one) for one in row.merged_files or ()]
        found = await info.context.loaders.row(models.FileUpload).load_many(ids)
        return [one for one in found if one]

    @strawberry.field(metadata=costing(10))
    async def features(
        self,
        info: Info,
        first_row: int = 0,
        rows: int = 20,
        names: list[str] | None = None,
    ) -> Features:
        """A page of its numeric columns, once a dataset was made of it."""
        row: Any = self
        chosen = row.feature_names if names is None else names
        if unknown := sorted(set(chosen) - set(row.feature_names)):
            raise BadRequest(f"no feature of this file is {unknown[0]!r}")
        if first_row < 0 or rows < 1 or rows * max(len(chosen), 1) > LARGEST:
            raise BadRequest(
                f"a page begins at 0 or later and has from 1 to {LARGEST} numbers: "
                f"{rows} rows of {len(chosen)} features are too many or too few"
            )
        numbers = await blocks.page(info.context, row, first_row, rows, chosen)
        return Features(names=chosen, first_row=first_row, rows=numbers)


@strawberry.input
class FileUploadInput(Keyed):
    """A file to keep."""

    file: Upload
    """CSV or Parquet, also compressed by gzip."""


@strawberry.type
class FileUploadPayload(Creation):
    """The file, once it was found readable."""

    file_upload: FileUpload | None
    """Null where there are errors."""


async def chunks(file: Any) -> AsyncIterator[bytes]:
    """A file's content, a little at a time."""
    while chunk := await file.read(CHUNK):
        yield chunk


@strawberry.type
class Query:
    file_upload: FileUpload | None = found(models.FileUpload)
    """A file of yours."""
    file_uploads: Connection[FileUpload] = listed(
        models.FileUpload, FileUploadFilter, FileUploadOrder
    )
    """Your files."""


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def file_upload(
        self, info: Info, input: FileUploadInput
    ) -> FileUploadPayload:
        """Keep a file, to make a dataset of it. POST /upload takes larger ones."""
        file: Any = input.file
        name, key = info.field_name, input.idempotency_key
        given = (file.filename or "", chunks(file))
        done = Performed(await uploads.take(info.context, name, key, *given))
        return FileUploadPayload(file_upload=done.row, **done.created)
