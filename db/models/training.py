"""How models come to be: training jobs."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Changing, Owned
from db.models.platform import JobStatus
from db.types import text

FIGURES = ("accuracy", "precision", "recall", "f1_score")


class TrainingJob(Owned, Changing, Base):
    """The training of a model. It is kept, whatever becomes of data and model."""

    __tablename__ = "training_jobs"
    __table_args__ = (
        *(
            sa.CheckConstraint(f"{name} BETWEEN 0 AND 1", name=f"{name}_share")
            for name in FIGURES
        ),
        sa.CheckConstraint("attempt >= 1", name="attempt_positive"),
        sa.Index(None, "owner_id", "id"),
        sa.Index(None, "owner_id", "status", "id"),
        sa.Index(None, "dataset_id", "id"),
        sa.Index(None, "dataset_version_id", "id"),
        sa.Index(None, "model_id", "id"),
        sa.Index(None, "model_version_id", "id"),
    )

    dataset_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("datasets.id", ondelete="SET NULL")
    )
    dataset_version_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("dataset_versions.id", ondelete="SET NULL")
    )
    dataset_name: Mapped[str] = mapped_column(text(255))
    """What its dataset was called."""
    dataset_digest: Mapped[str] = mapped_column(text(64))
    """The digest of the version that it was trained on."""
    model_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("models.id", ondelete="SET NULL")
    )
    model_name: Mapped[str] = mapped_column(text(255))
    """What its model was called."""
    model_version_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("model_versions.id", ondelete="SET NULL")
    )
    status: Mapped[JobStatus] = mapped_column(default=JobStatus.QUEUED)
    """How far it is."""
    attempt: Mapped[int] = mapped_column(default=1)
    """How often somebody had it begun: 1, and one more for each retry."""
    config: Mapped[dict[str, Any]]
    """What is to be learnt, and how."""
    accuracy: Mapped[float | None]
    """The share of rows whose label was foretold rightly, from 0 to 1."""
    precision: Mapped[float | None]
    """The share of those labelled so that are so."""
    recall: Mapped[float | None]
    """The share of those that are so that were labelled so."""
    f1_score: Mapped[float | None]
    """The harmonic mean of precision and recall."""
    figures: Mapped[dict[str, Any] | None]
    """Everything that was measured."""
    error_message: Mapped[str | None]
    """Why it failed."""
    started_at: Mapped[datetime | None]
    """When a worker began it."""
    completed_at: Mapped[datetime | None]
    """When it ended, well or not."""
    job_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("jobs.id", ondelete="SET NULL"), index=True
    )
