"""What models were asked, what they answered, and what turned out to be true."""

from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Changing, Owned, finite
from db.models.registry import ModelTask
from db.types import text


class PredictionStatus(StrEnum):
    """What became of a prediction."""

    PENDING = "pending"
    """A worker will make it."""
    SUCCESS = "success"
    """The model has answered."""
    FAILED = "failed"
    """The model could not answer."""


class LogLevel(StrEnum):
    """How much a line of a log matters."""

    DEBUG = "debug"
    """To whoever looks for a fault."""
    INFO = "info"
    """To whoever wants to know."""
    WARNING = "warning"
    """Something is not as it should be."""
    ERROR = "error"
    """Something did not work."""


PRIVATE = {"private": True}
"""What people wrote, and what repeats it: it goes with its row, and no audit has it."""
SPAM_LABELS = ("spam", "ham", "fraud", "legitimate")
"""What a model for spam may say."""


class Prediction(Owned, Base):
    """One answer of a model, or why there is none."""

    __tablename__ = "predictions"
    __table_args__ = (
        sa.CheckConstraint(
            "task <> 'spam' OR status <> 'success' OR (label IS NOT NULL AND label IN"
            " ('spam', 'ham', 'fraud', 'legitimate'))",
            name="spam_label",
        ),
        sa.CheckConstraint("confidence BETWEEN 0 AND 1", name="confidence_share"),
        sa.CheckConstraint("inference_time_ms >= 0", name="time_positive"),
        sa.Index(None, "owner_id", "id"),
        sa.Index(None, "model_version_id", "id"),
        sa.Index(None, "owner_id", "label", "id"),
        sa.Index(None, "owner_id", "status", "id"),
        sa.Index(None, "origin_id", "id"),
        sa.Index(
            None,
            "api_key_id",
            "id",
            postgresql_where=sa.text("api_key_id IS NOT NULL"),
            sqlite_where=sa.text("api_key_id IS NOT NULL"),
        ),
        {"postgresql_partition_by": "RANGE (id)"},
    )

    model_version_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("model_versions.id", ondelete="CASCADE")
    )
    task: Mapped[ModelTask]
    """What the model is for."""
    status: Mapped[PredictionStatus] = mapped_column(default=PredictionStatus.SUCCESS)
    """What became of it."""
    input_data: Mapped[dict[str, Any]] = mapped_column(info=PRIVATE)
    """What the model was asked."""
    input_text: Mapped[str | None] = mapped_column(info=PRIVATE)
    """The text it was asked about, if that was one text."""
    label: Mapped[str | None] = mapped_column(text(255))
    """What the model says it is."""
    confidence: Mapped[float | None]
    """The probability of that, from 0 to 1."""
    output_data: Mapped[dict[str, Any] | None] = mapped_column(info=PRIVATE)
    """All that the model answered."""
    explanation: Mapped[dict[str, Any] | None] = mapped_column(info=PRIVATE)
    """What it went by: words or columns, and how much each counted."""
    inference_time_ms: Mapped[float | None]
    """How long the model took, in milliseconds; its loading counts."""
    error_message: Mapped[str | None] = mapped_column(info=PRIVATE)
    """Why it failed."""
    source: Mapped[str] = mapped_column(text(50), default="api")
    """Where it was asked from: api, shadow, replay, or a word of the client's."""
    api_key_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("api_keys.id", ondelete="SET NULL")
    )
    request_id: Mapped[str | None] = mapped_column(text(64))
    """The id of the request, which the log has too."""
    origin_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("predictions.id", ondelete="SET NULL")
    )


class PredictionLog(Owned, Base):
    """A line on how a prediction was made."""

    __tablename__ = "prediction_logs"
    __table_args__ = (
        sa.Index(None, "owner_id", "id"),
        sa.Index(None, "prediction_id", "id"),
    )

    prediction_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("predictions.id", ondelete="CASCADE")
    )
    level: Mapped[LogLevel]
    """How much it matters."""
    message: Mapped[str] = mapped_column(info=PRIVATE)
    """What there is to say."""
    meta: Mapped[dict[str, Any]] = mapped_column("metadata", key="meta", default=dict)
    """The particulars."""


class PredictionFeedback(Owned, Changing, Base):
    """What turned out to be true of a prediction."""

    __tablename__ = "prediction_feedback"
    __table_args__ = (
        sa.UniqueConstraint("prediction_id", "source"),
        sa.CheckConstraint(
            "actual_label IS NOT NULL OR actual_value IS NOT NULL", name="something"
        ),
        finite("actual_value"),
        sa.Index(None, "owner_id", "id"),
        sa.Index(None, "prediction_id", "id"),
        sa.Index(None, "model_version_id", "id"),
    )

    prediction_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("predictions.id", ondelete="CASCADE")
    )
    model_version_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("model_versions.id", ondelete="CASCADE")
    )
    predicted_label: Mapped[str | None] = mapped_column(text(255))
    """What the model had said."""
    actual_label: Mapped[str | None] = mapped_column(text(255))
    """What it really was."""
    actual_value: Mapped[float | None]
    """The number that it really was."""
    comment: Mapped[str | None]
    """Whatever there is to say."""
    source: Mapped[str] = mapped_column(text(50), default="user")
    """Who says so: one truth of each source counts."""


class PredictionStats(Owned, Base):
    """A day of a version in figures, kept when its predictions are gone."""

    __tablename__ = "prediction_stats_daily"
    __table_args__ = (
        sa.UniqueConstraint("model_version_id", "day"),
        sa.CheckConstraint("failed BETWEEN 0 AND total", name="failed_of_total"),
        sa.Index(None, "owner_id", "id"),
        sa.Index(None, "owner_id", "day", "id"),
        sa.Index(None, "model_version_id", "day", "id"),
    )

    model_version_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("model_versions.id", ondelete="CASCADE")
    )
    day: Mapped[date]
    """The day, in UTC."""
    total: Mapped[int]
    """Predictions of the day."""
    failed: Mapped[int]
    """Those of them that failed."""
    sum_ms: Mapped[float]
    """Milliseconds that the model took, all together."""
    max_ms: Mapped[float]
    """Milliseconds that the slowest took."""
    labels: Mapped[dict[str, Any]]
    """How often each label was said."""
    confidences: Mapped[list[float]]
    """How many answers had a confidence in each tenth from 0 to 1."""


class BatchPrediction(Owned, Changing, Base):
    """Every row of a dataset version, put to a model by a worker."""

    __tablename__ = "batch_predictions"
    __table_args__ = (
        sa.Index(None, "owner_id", "id"),
        sa.Index(None, "model_version_id", "id"),
        sa.Index(None, "dataset_version_id", "id"),
    )

    model_version_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("model_versions.id", ondelete="CASCADE")
    )
    dataset_version_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("dataset_versions.id", ondelete="SET NULL")
    )
    row_count: Mapped[int]
    """Rows to put to it."""
    failed_count: Mapped[int | None]
    """Rows that it had no answer to."""
    file_path: Mapped[str | None] = mapped_column(text(500))
    file_size: Mapped[int | None] = mapped_column(sa.BigInteger)
    """Bytes of the result."""
    sha256: Mapped[str | None] = mapped_column(text(64))
    """The SHA-256 of the result, in hex."""
    error_message: Mapped[str | None]
    """Why it failed."""
    job_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("jobs.id", ondelete="SET NULL"), index=True
    )
