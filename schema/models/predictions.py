"""What models were asked, and what they answered."""

from datetime import date, datetime
from typing import Any

import strawberry
from strawberry.scalars import JSON

from db import models
from schema.connections import Connection
from schema.datasets.versions import DatasetVersion
from schema.edges import found, listed, to_many, to_one
from schema.enums import LogLevel, ModelTask, PredictionStatus
from schema.ids import spell
from schema.lists.predictions import (
    BatchPredictionFilter,
    BatchPredictionOrder,
    PredictionFeedbackFilter,
    PredictionFeedbackOrder,
    PredictionFilter,
    PredictionLogFilter,
    PredictionLogOrder,
    PredictionOrder,
    PredictionStatsFilter,
    PredictionStatsOrder,
)
from schema.models.versions import ModelVersion
from schema.nodes import Entity
from schema.platform.jobs import Job
from schema.refs import (
    ApiKeyRef,
    PredictionFeedbackRef,
    PredictionLogRef,
    PredictionRef,
)
from schema.scalars import BigInt


@strawberry.type
class Prediction(Entity, of=models.Prediction):
    """One answer of a model, or why there is none."""

    created_at: datetime
    task: ModelTask
    status: PredictionStatus
    input_data: JSON
    input_text: str | None
    label: str | None
    confidence: float | None
    output_data: JSON | None
    explanation: JSON | None
    inference_time_ms: float | None
    error_message: str | None
    source: str
    request_id: str | None
    model_version: ModelVersion = to_one(models.Prediction.model_version_id)
    """The version that was asked."""
    api_key: ApiKeyRef | None = to_one(models.Prediction.api_key_id)
    """The API key it was asked with; null where somebody was there themselves."""
    origin: PredictionRef | None = to_one(models.Prediction.origin_id)
    """The prediction whose input this repeats: replayed, or as its shadow."""
    repetitions: Connection[PredictionRef] = to_many(
        models.Prediction.origin_id, PredictionFilter, PredictionOrder
    )
    """Predictions that repeat its input."""
    logs: Connection[PredictionLogRef] = to_many(
        models.PredictionLog.prediction_id, PredictionLogFilter, PredictionLogOrder
    )
    """How it was made, line by line; kept for 90 days."""
    feedback: Connection[PredictionFeedbackRef] = to_many(
        models.PredictionFeedback.prediction_id,
        PredictionFeedbackFilter,
        PredictionFeedbackOrder,
    )
    """What turned out to be true."""


@strawberry.type
class PredictionLog(Entity, of=models.PredictionLog):
    """A line on how a prediction was made."""

    created_at: datetime
    level: LogLevel
    message: str
    meta: JSON = strawberry.field(name="metadata")
    prediction: Prediction = to_one(models.PredictionLog.prediction_id)
    """The prediction."""


@strawberry.type
class PredictionFeedback(Entity, of=models.PredictionFeedback):
    """What turned out to be true of a prediction."""

    created_at: datetime
    updated_at: datetime
    version: int
    predicted_label: str | None
    actual_label: str | None
    actual_value: float | None
    comment: str | None
    source: str
    prediction: Prediction = to_one(models.PredictionFeedback.prediction_id)
    """The prediction."""
    model_version: ModelVersion = to_one(models.PredictionFeedback.model_version_id)
    """The version that had made it."""


@strawberry.type
class PredictionStats(Entity, of=models.PredictionStats):
    """A day of a version in figures, kept when its predictions are gone."""

    created_at: datetime
    day: date
    total: int
    failed: int
    sum_ms: float
    max_ms: float
    labels: JSON
    model_version: ModelVersion = to_one(models.PredictionStats.model_version_id)
    """The version."""


@strawberry.type
class BatchPrediction(Entity, of=models.BatchPrediction):
    """Every row of a dataset version, put to a model by a worker."""

    created_at: datetime
    updated_at: datetime
    version: int
    row_count: int
    failed_count: int | None
    file_size: BigInt | None
    sha256: str | None
    error_message: str | None
    model_version: ModelVersion = to_one(models.BatchPrediction.model_version_id)
    """The version that is asked."""
    dataset_version: DatasetVersion | None = to_one(
        models.BatchPrediction.dataset_version_id
    )
    """The rows that are put to it; null once they were deleted."""
    job: Job | None = to_one(models.BatchPrediction.job_id)
    """The job that a worker does."""

    @strawberry.field
    def url(self) -> str | None:
        """Where its result is as Parquet, and with `.csv` instead as CSV; GET it."""
        row: Any = self
        return None if row.file_path is None else f"/batches/{spell(row)}.parquet"


@strawberry.type
class Query:
    prediction: Prediction | None = found(models.Prediction)
    """A prediction of yours."""
    predictions: Connection[Prediction] = listed(
        models.Prediction, PredictionFilter, PredictionOrder
    )
    """Your predictions."""
    prediction_feedback: PredictionFeedback | None = found(models.PredictionFeedback)
    """What turned out to be true of a prediction of yours."""
    prediction_feedbacks: Connection[PredictionFeedback] = listed(
        models.PredictionFeedback, PredictionFeedbackFilter, PredictionFeedbackOrder
    )
    """What turned out to be true of your predictions."""
    prediction_stats: PredictionStats | None = found(models.PredictionStats)
    """A day of a version of yours in figures."""
    daily_prediction_stats: Connection[PredictionStats] = listed(
        models.PredictionStats, PredictionStatsFilter, PredictionStatsOrder
    )
    """The days of your models in figures."""
    batch_prediction: BatchPrediction | None = found(models.BatchPrediction)
    """A batch of yours."""
    batch_predictions: Connection[BatchPrediction] = listed(
        models.BatchPrediction, BatchPredictionFilter, BatchPredictionOrder
    )
    """Your batches."""
