"""Files as they came, and the tables that were made of them."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Changing, Owned
from db.dialects import say
from db.types import text


class FileUploadStatus(StrEnum):
    """How far a file is."""

    PENDING = "pending"
    """It has arrived and was found readable; no dataset has processed it."""
    PROCESSING = "processing"
    """A dataset is being made of it."""
    COMPLETED = "completed"
    """A dataset was made of it."""
    FAILED = "failed"
    """No dataset could be made of it."""


class DatasetStatus(StrEnum):
    """How far a dataset is."""

    UPLOADED = "uploaded"
    """Its file is there; nobody has looked into it yet."""
    PROCESSING = "processing"
    """A new version is being made."""
    PROCESSED = "processed"
    """Its newest version can be used."""
    FAILED = "failed"
    """No version could be made of its file; its job says why."""


class Dataset(Owned, Changing, Base):
    """A table of data, under one name through all its versions."""

    __tablename__ = "datasets"
    __table_args__ = (
        sa.Index(None, "owner_id", "id"),
        sa.Index(None, "owner_id", "name", "id"),
        sa.Index(None, "owner_id", "status", "id"),
    )

    name: Mapped[str] = mapped_column(text(255))
    """What its owner calls it."""
    description: Mapped[str | None]
    """What it is about."""
    tags: Mapped[list[str]] = mapped_column(default=list)
    """Words to find it by."""
    schema: Mapped[list[dict[str, Any]] | None]
    """Name, type and nullability of each column of the newest version."""
    meta: Mapped[dict[str, Any]] = mapped_column("metadata", key="meta", default=dict)
    """Whatever its owner wants to keep with it."""
    status: Mapped[DatasetStatus] = mapped_column(default=DatasetStatus.UPLOADED)
    """How far it is."""
    is_active: Mapped[bool] = mapped_column(default=True, index=True)
    """False once it is archived."""
    file_path: Mapped[str | None] = mapped_column(text(500))
    row_count: Mapped[int | None]
    """Rows of the newest version."""
    column_count: Mapped[int | None]
    """Columns of the newest version."""
    size_bytes: Mapped[int | None] = mapped_column(sa.BigInteger)
    """Bytes of the newest version, as it is stored."""
    last_analysis_at: Mapped[datetime | None]
    """When an analysis of it was last started."""
    processed_at: Mapped[datetime | None]
    """When its newest version was made."""
    job_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("jobs.id", ondelete="SET NULL"), index=True
    )


class FileUpload(Owned, Changing, Base):
    """A file as it came from its owner, or several merged into one."""

    __tablename__ = "file_uploads"
    __table_args__ = (
        sa.CheckConstraint("file_size >= 0", name="size_positive"),
        sa.Index(None, "owner_id", "id"),
        sa.Index(None, "dataset_id", "id"),
        sa.Index(None, "status", "id"),
    )

    dataset_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("datasets.id", ondelete="CASCADE")
    )
    original_filename: Mapped[str] = mapped_column(text(255))
    """What its owner called it; the stored file has a name of ours."""
    file_size: Mapped[int] = mapped_column(sa.BigInteger)
    """Its bytes, as they came."""
    file_path: Mapped[str | None] = mapped_column(text(500))
    sha256: Mapped[str] = mapped_column(text(64))
    """The SHA-256 of its bytes, in hex."""
    status: Mapped[FileUploadStatus] = mapped_column(default=FileUploadStatus.PENDING)
    """How far it is."""
    error_message: Mapped[str | None]
    """Why no dataset could be made of it."""
    row_count: Mapped[int]
    """Rows of data, without the header."""
    columns: Mapped[list[str]]
    """The names in its header."""
    feature_names: Mapped[list[str]] = mapped_column(default=list)
    """The numeric columns without gaps, once a dataset was made of it."""
    merged_files: Mapped[list[str] | None]
    """Ids of the files that it was merged from."""


class DatasetVersion(Owned, Base):
    """What a dataset held at one time. It never changes."""

    __tablename__ = "dataset_versions"
    __table_args__ = (
        sa.UniqueConstraint("dataset_id", "number"),
        sa.UniqueConstraint("dataset_id", "sha256"),
        sa.Index(None, "owner_id", "id"),
        sa.Index(None, "dataset_id", "id"),
        sa.Index(None, "owner_id", "number", "id"),
        sa.Index(None, "dataset_id", "number", "id"),
    )

    dataset_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("datasets.id", ondelete="CASCADE")
    )
    file_upload_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("file_uploads.id", ondelete="CASCADE"), index=True
    )
    number: Mapped[int]
    """Counted from 1 for the first version of a dataset, without gaps."""
    sha256: Mapped[str] = mapped_column(text(64))
    """The digest of its rows and columns: equal data, equal digest."""
    row_count: Mapped[int]
    """Its rows."""
    column_count: Mapped[int]
    """Its columns."""
    size_bytes: Mapped[int] = mapped_column(sa.BigInteger)
    """Its bytes, as they are stored."""
    schema: Mapped[list[dict[str, Any]]]
    """Name, type and nullability of each column."""
    profile: Mapped[list[dict[str, Any]]]
    """Of each column: its gaps, distinct values, quantiles and histogram."""
    warnings: Mapped[list[str]] = mapped_column(default=list)
    """What was odd about the file and did not stop it, such as digits lost."""
    file_path: Mapped[str] = mapped_column(text(500))
    created_by: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL")
    )


class FeatureData(Owned, Base):
    """Some rows of a file's numeric columns, as one block of numbers."""

    __tablename__ = "feature_data"
    __table_args__ = (
        sa.UniqueConstraint("file_upload_id", "first_row"),
        sa.CheckConstraint("row_count > 0 AND dim > 0", name="not_empty"),
        sa.CheckConstraint(
            say("length", sa.column("feature_values"))
            == sa.column("row_count * dim", is_literal=True),
            name="whole_rows",
        ),
        sa.Index(None, "owner_id", "id"),
        sa.Index(None, "file_upload_id", "id"),
    )

    file_upload_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("file_uploads.id", ondelete="CASCADE")
    )
    first_row: Mapped[int]
    """Where the block begins in the file: 0 is the first row of data."""
    row_count: Mapped[int]
    """Rows of the block."""
    dim: Mapped[int]
    """Numbers in each row: the file's features."""
    feature_values: Mapped[list[float]]
