"""What was computed of data: summaries, and maps of rows."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Changing, Owned
from db.dialects import say
from db.types import text


class AnalysisKind(StrEnum):
    """What an analysis does."""

    GENERAL = "general"
    """Sums up the columns of a dataset, and which go together."""
    REDUCTION = "reduction"
    """Lays the rows of a dataset out as a map."""
    MONITORING = "monitoring"
    """Scores new rows against such a map."""


class AnalysisStatus(StrEnum):
    """How far an analysis is."""

    DRAFT = "draft"
    """It was described and never run."""
    PENDING = "pending"
    """It waits for a worker."""
    RUNNING = "running"
    """A worker is at it; a monitoring analysis takes points."""
    COMPLETED = "completed"
    """Its result is there and will not change."""
    FAILED = "failed"
    """It ended without a result."""
    CANCELLED = "cancelled"
    """Somebody stopped it."""


class Optimizer(StrEnum):
    """How a map is found."""

    LBFGS = "lbfgs"
    """From the principal components by L-BFGS: same file, same map, soon."""
    ADAM = "adam"
    """From a random start by Adam, as the original platform did."""


class ReductionConfig(Base):
    """The parameters of a map. Six are yours to set; the others are the server's."""

    __tablename__ = "reduction_configs"
    __table_args__ = (sa.Index(None, "owner_id", "id"),)

    owner_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL")
    )
    is_system: Mapped[bool] = mapped_column(default=False)
    """Whether the server brought it."""
    legacy_id: Mapped[int | None] = mapped_column(unique=True)
    gamma0: Mapped[float] = mapped_column(default=1e-7)
    """The search stops once the cost changes by less than this."""
    optimizer: Mapped[Optimizer] = mapped_column(default=Optimizer.LBFGS)
    """How the map is found."""
    alpha: Mapped[float] = mapped_column(default=0.1)
    """The length of Adam's first steps."""
    end_meta: Mapped[str] = mapped_column(text(255), default="participant")
    """The last column of metadata; ignored where the file has none of this name."""
    start_dim: Mapped[str] = mapped_column(text(255), default="f_0")
    """The first column of features."""
    end_dim: Mapped[str] = mapped_column(text(255), default="f_1023")
    """The last column of features."""
    imax: Mapped[int] = mapped_column(default=1000)
    """Most steps of the search."""
    lowdim: Mapped[int] = mapped_column(default=2)
    """Dimensions of the map."""
    eta: Mapped[float] = mapped_column(default=0.5)
    """Kept from the original platform; no effect."""
    epsilon: Mapped[float] = mapped_column(default=1e-8)
    """Adam's guard against division by nothing."""
    beta1: Mapped[float] = mapped_column(default=0.9)
    """Adam's memory of the gradient."""
    beta2: Mapped[float] = mapped_column(default=0.999)
    """Adam's memory of the gradient's square."""
    beta: Mapped[float] = mapped_column(default=0.5)
    """Kept from the original platform; no effect."""
    a: Mapped[float] = mapped_column(default=0.8)
    """The share of nearness in the similarity of two rows; the rest is distance."""
    w1: Mapped[float] = mapped_column(default=0.04)
    """The width of nearness, unless it is found from the data."""
    w2: Mapped[float] = mapped_column(default=1.0)
    """The width of distance."""
    which_w1: Mapped[str] = mapped_column(text(50), default="auto")
    """Where the width of nearness is from: `auto` the data, `fixed` `w1`."""
    mode: Mapped[str] = mapped_column(text(50), default="kanadaSan")
    """Where Adam starts: at random in a square."""
    param_mode: Mapped[float] = mapped_column(default=0.3)
    """Half the side of that square."""


class ReductionResult(Owned, Base):
    """A map: a point in the plane for each row. It never changes."""

    __tablename__ = "dinsight_data"
    __table_args__ = (
        sa.CheckConstraint("point_count > 0", name="not_empty"),
        *(
            sa.CheckConstraint(
                say("length", sa.column(name)) == sa.column("point_count"),
                name=f"{name}_whole",
            )
            for name in ("x_values", "y_values")
        ),
        sa.Index(None, "owner_id", "id"),
        sa.Index(None, "file_upload_id", "id"),
        sa.Index(None, "config_id", "id"),
    )

    file_upload_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("file_uploads.id", ondelete="CASCADE")
    )
    dataset_version_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("dataset_versions.id", ondelete="CASCADE"), index=True
    )
    config_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("reduction_configs.id", ondelete="RESTRICT")
    )
    x_values: Mapped[list[float]]
    y_values: Mapped[list[float]]
    point_count: Mapped[int]
    """Its points: one for each row of the dataset."""
    feature_count: Mapped[int]
    """The numbers that it was made of, of each row."""
    cost: Mapped[float]
    """How far the map is from what the rows say, per pair of rows; 0 is perfect."""
    evaluations: Mapped[int]
    """How often the search looked at the cost."""
    reference_path: Mapped[str] = mapped_column(text(500))
    reference_sha256: Mapped[str] = mapped_column(text(64))


class Analysis(Owned, Changing, Base):
    """A question put to data, and what came of it."""

    __tablename__ = "analyses"
    __table_args__ = (
        sa.Index(None, "owner_id", "id"),
        sa.Index(None, "owner_id", "name", "id"),
        sa.Index(None, "dataset_id", "id"),
        sa.Index(None, "dataset_id", "name", "id"),
        sa.Index(None, "status", "id"),
    )

    name: Mapped[str] = mapped_column(text(255))
    """What its owner calls it."""
    dataset_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("datasets.id", ondelete="SET NULL")
    )
    dataset_version_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("dataset_versions.id", ondelete="SET NULL"), index=True
    )
    file_upload_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("file_uploads.id", ondelete="SET NULL"), index=True
    )
    dinsight_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("dinsight_data.id", ondelete="SET NULL"), index=True
    )
    config_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("reduction_configs.id", ondelete="RESTRICT"), index=True
    )
    kind: Mapped[AnalysisKind]
    """What it does."""
    sensitivity: Mapped[float] = mapped_column(default=3.0)
    """How readily points are called anomalies: 0.5 hardly, 3 usually, 5 at once."""
    results: Mapped[dict[str, Any] | None]
    """What came of it, in figures."""
    status: Mapped[AnalysisStatus] = mapped_column(default=AnalysisStatus.DRAFT)
    """How far it is."""
    error_message: Mapped[str | None]
    """Why it failed."""
    completed_at: Mapped[datetime | None]
    """When it ended, well or not."""
    job_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("jobs.id", ondelete="SET NULL"), index=True
    )
