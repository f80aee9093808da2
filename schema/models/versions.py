"""Versions of models."""

from datetime import datetime

import strawberry
from strawberry.scalars import JSON

from db import models
from schema.connections import Connection
from schema.datasets.versions import DatasetVersion
from schema.edges import found, listed, to_many, to_one
from schema.enums import ArtifactKind, ModelVersionStatus
from schema.lists.checks import CheckRunFilter, CheckRunOrder
from schema.lists.predictions import (
    BatchPredictionFilter,
    BatchPredictionOrder,
    PredictionFeedbackFilter,
    PredictionFeedbackOrder,
    PredictionFilter,
    PredictionOrder,
    PredictionStatsFilter,
    PredictionStatsOrder,
)
from schema.lists.registry import (
    ModelAliasFilter,
    ModelAliasMoveFilter,
    ModelAliasMoveOrder,
    ModelAliasOrder,
    ModelVersionFilter,
    ModelVersionOrder,
)
from schema.models.models import Model
from schema.nodes import Entity
from schema.refs import (
    BatchPredictionRef,
    CheckRunRef,
    ModelAliasMoveRef,
    ModelAliasRef,
    PredictionFeedbackRef,
    PredictionRef,
    PredictionStatsRef,
    TrainingJobRef,
    UserRef,
)
from schema.scalars import BigInt


@strawberry.type
class ModelVersion(Entity, of=models.ModelVersion):
    """A model as it was at one time. What it answers never changes."""

    created_at: datetime
    updated_at: datetime
    version: int
    number: int
    label: str | None
    description: str | None
    status: ModelVersionStatus
    algorithm: str
    framework: str
    artifact: ArtifactKind
    loadable: bool
    warnings: list[str]
    file_size: BigInt
    sha256: str
    input_schema: JSON | None
    output_schema: JSON | None
    input_example: JSON | None
    signature_source: str | None
    metrics: JSON
    tags: list[str]
    meta: JSON = strawberry.field(name="metadata")
    model: Model = to_one(models.ModelVersion.model_id)
    """The model that it is a version of."""
    created_by: UserRef | None = to_one(models.ModelVersion.created_by)
    """Whoever had it made."""
    training_job: TrainingJobRef | None = to_one(models.ModelVersion.training_job_id)
    """How it came to be; null where it was uploaded."""
    dataset_version: DatasetVersion | None = to_one(
        models.ModelVersion.dataset_version_id
    )
    """What it was trained on."""
    aliases: Connection[ModelAliasRef] = to_many(
        models.ModelAlias.model_version_id, ModelAliasFilter, ModelAliasOrder
    )
    """Names that lead to it."""
    moves_to: Connection[ModelAliasMoveRef] = to_many(
        models.ModelAliasMove.to_version_id, ModelAliasMoveFilter, ModelAliasMoveOrder
    )
    """When an alias was moved to it."""
    moves_from: Connection[ModelAliasMoveRef] = to_many(
        models.ModelAliasMove.from_version_id, ModelAliasMoveFilter, ModelAliasMoveOrder
    )
    """When an alias was moved away from it."""
    predictions: Connection[PredictionRef] = to_many(
        models.Prediction.model_version_id, PredictionFilter, PredictionOrder
    )
    """What it was asked."""
    feedback: Connection[PredictionFeedbackRef] = to_many(
        models.PredictionFeedback.model_version_id,
        PredictionFeedbackFilter,
        PredictionFeedbackOrder,
    )
    """What turned out to be true of that."""
    daily_statistics: Connection[PredictionStatsRef] = to_many(
        models.PredictionStats.model_version_id,
        PredictionStatsFilter,
        PredictionStatsOrder,
    )
    """Its days in figures, which outlive the predictions."""
    batch_predictions: Connection[BatchPredictionRef] = to_many(
        models.BatchPrediction.model_version_id,
        BatchPredictionFilter,
        BatchPredictionOrder,
    )
    """Datasets that were put to it."""
    check_runs: Connection[CheckRunRef] = to_many(
        models.CheckRun.model_version_id, CheckRunFilter, CheckRunOrder
    )
    """Whether it still does what it did."""


@strawberry.type
class Query:
    model_version: ModelVersion | None = found(models.ModelVersion)
    """A version of a model of yours."""
    model_versions: Connection[ModelVersion] = listed(
        models.ModelVersion, ModelVersionFilter, ModelVersionOrder
    )
    """Versions of your models."""
