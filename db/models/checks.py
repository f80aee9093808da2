"""Whether data and predictions are still what they were."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Changing, Owned
from db.models.platform import JobStatus
from db.types import text


class CheckKind(StrEnum):
    """What a check looks at."""

    DRIFT = "drift"
    """Whether data, or what a model says of them, are distributed as before."""
    QUALITY = "quality"
    """Whether data are as complete and within the same ranges as before."""
    PERFORMANCE = "performance"
    """Whether a model is as often right as it was in training."""


class CheckVerdict(StrEnum):
    """What a check found."""

    PASSED = "passed"
    """Nothing that chance does not explain."""
    FAILED = "failed"
    """A change that chance does not explain."""
    UNKNOWN = "unknown"
    """There was too little to tell by."""


class CheckRun(Owned, Changing, Base):
    """A comparison of data or predictions with a reference, and its verdict."""

    __tablename__ = "check_runs"
    __table_args__ = (
        sa.Index(None, "owner_id", "id"),
        sa.Index(None, "owner_id", "kind", "id"),
        sa.Index(None, "dataset_id", "id"),
        sa.Index(None, "dataset_version_id", "id"),
        sa.Index(None, "reference_version_id", "id"),
        sa.Index(None, "model_version_id", "id"),
    )

    kind: Mapped[CheckKind]
    """What it looks at."""
    name: Mapped[str] = mapped_column(text(255))
    """What its owner calls it."""
    dataset_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("datasets.id", ondelete="CASCADE")
    )
    dataset_version_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("dataset_versions.id", ondelete="SET NULL")
    )
    reference_version_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("dataset_versions.id", ondelete="SET NULL")
    )
    model_version_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("model_versions.id", ondelete="SET NULL")
    )
    config: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What is compared: columns, and of predictions from when to when."""
    status: Mapped[JobStatus] = mapped_column(default=JobStatus.QUEUED)
    """How far it is."""
    verdict: Mapped[CheckVerdict | None]
    """What it found; null until it has ended."""
    results: Mapped[dict[str, Any] | None]
    """What it found of each column, and jointly."""
    error_message: Mapped[str | None]
    """Why it failed."""
    completed_at: Mapped[datetime | None]
    """When it ended, well or not."""
    job_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("jobs.id", ondelete="SET NULL"), index=True
    )
