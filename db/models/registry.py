"""Models: their versions, and the names under which one of these serves."""

from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Changing, Owned
from db.types import Json, text


class ModelTask(StrEnum):
    """What a model is for."""

    SPAM = "spam"
    """Says of a text whether it is spam, ham, fraud or legitimate."""
    CLASSIFICATION = "classification"
    """Says which label something has."""
    REGRESSION = "regression"
    """Foretells a number."""
    OTHER = "other"
    """Gives whatever its file gives."""


class ModelVersionStatus(StrEnum):
    """Whether a version may be asked."""

    ACTIVE = "active"
    """It may."""
    DEPRECATED = "deprecated"
    """It may, and warns whoever does."""
    ARCHIVED = "archived"
    """It may not."""


class ArtifactKind(StrEnum):
    """What the file of a version is, by its content."""

    HELIOGRAPH = "heliograph"
    """Numbers of a model that was trained here."""
    ONNX = "onnx"
    """A graph of operations on numbers."""
    SKOPS = "skops"
    """What scikit-learn fitted, written so that it loads without running code."""
    MLFLOW = "mlflow"
    """A folder in MLflow's format, as a zip."""
    PICKLE = "pickle"
    """Code that runs when it is loaded: kept, and never loaded."""
    JOBLIB = "joblib"
    """As a pickle."""
    TORCH = "torch"
    """As a pickle."""
    KERAS = "keras"
    """May hold code: kept, and never loaded."""
    UNKNOWN = "unknown"
    """None of the others: kept, and never loaded."""


class Model(Owned, Changing, Base):
    """A model, under one name through all its versions."""

    __tablename__ = "models"
    __table_args__ = (
        sa.UniqueConstraint("owner_id", "name"),
        sa.Index(None, "owner_id", "id"),
        sa.Index(None, "owner_id", "name", "id"),
    )

    name: Mapped[str] = mapped_column(text(255))
    """What its owner calls it; no two of theirs have the same name."""
    description: Mapped[str | None]
    """What it is about."""
    task: Mapped[ModelTask]
    """What it is for."""
    tags: Mapped[list[str]] = mapped_column(default=list)
    """Words to find it by."""
    last_number: Mapped[int] = mapped_column(default=0)
    """The number of its newest version; none is used twice."""


class ModelVersion(Owned, Changing, Base):
    """A model as it was at one time. What it answers never changes."""

    __tablename__ = "model_versions"
    __table_args__ = (
        sa.UniqueConstraint("model_id", "number"),
        sa.UniqueConstraint("model_id", "label"),
        sa.CheckConstraint("number >= 1", name="number_positive"),
        sa.CheckConstraint("file_size >= 0", name="size_positive"),
        sa.Index(None, "owner_id", "id"),
        sa.Index(None, "owner_id", "status", "id"),
        sa.Index(None, "owner_id", "number", "id"),
        sa.Index(None, "model_id", "id"),
        sa.Index(None, "model_id", "number", "id"),
        sa.Index(None, "dataset_version_id", "id"),
    )

    model_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("models.id", ondelete="CASCADE")
    )
    number: Mapped[int]
    """Counted from 1 for the first version of a model, without gaps."""
    label: Mapped[str | None] = mapped_column(text(50))
    """What its owner calls it besides, such as 1.2.0."""
    description: Mapped[str | None]
    """What is new in it."""
    status: Mapped[ModelVersionStatus] = mapped_column(
        default=ModelVersionStatus.ACTIVE
    )
    """Whether it may be asked."""
    algorithm: Mapped[str] = mapped_column(text(100), default="unknown")
    """How it was fitted, such as logistic_regression."""
    framework: Mapped[str] = mapped_column(text(50), default="unknown")
    """What it was made with, such as sklearn."""
    artifact: Mapped[ArtifactKind]
    """What its file is, by its content."""
    loadable: Mapped[bool]
    """Whether it can be asked; a file that may hold code is kept and never loaded."""
    warnings: Mapped[list[str]] = mapped_column(default=list)
    """What is to be known of its file, or of its training."""
    file_path: Mapped[str] = mapped_column(text(500))
    file_size: Mapped[int] = mapped_column(sa.BigInteger)
    """The bytes of its file."""
    sha256: Mapped[str] = mapped_column(text(64))
    """The SHA-256 of its file, in hex; it is checked whenever the file is loaded."""
    input_schema: Mapped[dict[str, Any] | None]
    """A JSON Schema, draft 2020-12, of what it is asked."""
    output_schema: Mapped[dict[str, Any] | None]
    """A JSON Schema of what it answers."""
    input_example: Mapped[dict[str, Any] | None]
    """Something that it can be asked."""
    signature_source: Mapped[str | None] = mapped_column(text(50))
    """Where the schemas are from: training, file or owner."""
    metrics: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """How good it is, by the name of each measure."""
    tags: Mapped[list[str]] = mapped_column(default=list)
    """Words to find it by."""
    meta: Mapped[dict[str, Any]] = mapped_column(
        "metadata", Json, key="meta", default=dict
    )
    """Whatever is to be kept with it; of one trained here, all its figures."""
    created_by: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL")
    )
    training_job_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("training_jobs.id", ondelete="SET NULL", use_alter=True),
        index=True,
    )
    dataset_version_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("dataset_versions.id", ondelete="SET NULL")
    )


class ModelAlias(Owned, Changing, Base):
    """A name that leads to one version of a model, such as production."""

    __tablename__ = "model_aliases"
    __table_args__ = (
        sa.UniqueConstraint("model_id", "alias"),
        sa.Index(None, "owner_id", "id"),
        sa.Index(None, "owner_id", "alias", "id"),
        sa.Index(None, "model_id", "id"),
        sa.Index(None, "model_version_id", "id"),
    )

    model_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("models.id", ondelete="CASCADE")
    )
    alias: Mapped[str] = mapped_column(text(50))
    """The name."""
    model_version_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("model_versions.id", ondelete="CASCADE")
    )
    protected: Mapped[bool] = mapped_column(default=False)
    """Whether whoever moves it must say that they mean to."""


class ModelAliasMove(Owned, Base):
    """One step in the history of an alias. It never changes."""

    __tablename__ = "model_alias_moves"
    __table_args__ = (
        sa.UniqueConstraint("model_id", "alias", "number"),
        sa.Index(None, "owner_id", "id"),
        sa.Index(None, "model_id", "id"),
        sa.Index(None, "from_version_id", "id"),
        sa.Index(None, "to_version_id", "id"),
    )

    model_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("models.id", ondelete="CASCADE")
    )
    alias: Mapped[str] = mapped_column(text(50))
    """The alias."""
    number: Mapped[int]
    """Counted from 1 for the first move of this alias of this model, without gaps."""
    from_version_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("model_versions.id", ondelete="SET NULL")
    )
    to_version_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("model_versions.id", ondelete="SET NULL")
    )
    from_number: Mapped[int | None]
    """The number of the version that it led to before; null where it was new."""
    to_number: Mapped[int | None]
    """The number of the version that it leads to since; null where it was deleted."""
    reason: Mapped[str | None]
    """Why, in the words of whoever moved it."""
    moved_by: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL")
    )
