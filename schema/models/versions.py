"""Versions of models."""

from datetime import datetime
from typing import Any

import strawberry
from strawberry.scalars import JSON

from db import models
from resolvers.models import aliases, files, versions
from schema.connections import Connection
from schema.datasets.uploads import chunks
from schema.datasets.versions import DatasetVersion
from schema.edges import formula, found, listed, to_many, to_one
from schema.enums import ArtifactKind, ModelVersionStatus
from schema.ids import row_id, spell
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
from schema.models import figures
from schema.models.inputs import (
    ModelVersionCreateInput,
    ModelVersionDeleteInput,
    ModelVersionSetStatusInput,
    ModelVersionUpdateInput,
)
from schema.models.models import Model
from schema.models.statistics import (
    ModelVersionComparison,
    ModelVersionStatistics,
    compared,
    of_version,
)
from schema.nodes import Entity, Info
from schema.perform import Creation, Payload, Performed, given, perform
from schema.reads import costing
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
    is_active: bool = formula(models.ModelVersion, aliases.is_production)
    live_figures: figures.LiveFigures | None = strawberry.field(resolver=figures.live)
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
    statistics: ModelVersionStatistics = strawberry.field(
        resolver=of_version, metadata=costing(10)
    )
    compared_with: ModelVersionComparison | None = strawberry.field(
        resolver=compared, metadata=costing(20)
    )

    @strawberry.field
    def url(self) -> str:
        """Where its file is, and with `.onnx` after it the same as ONNX; GET it."""
        row: Any = self
        return f"/models/versions/{spell(row)}"


@strawberry.type
class ModelVersionCreatePayload(Creation):
    """The version, once its file is kept; its warnings say what to know of it."""

    model_version: ModelVersion | None
    """Null where there are errors."""


@strawberry.type
class ModelVersionPayload(Payload):
    """The version, as it is now."""

    model_version: ModelVersion | None
    """Null where there are errors."""


@strawberry.type
class ModelVersionUpdatePayload(ModelVersionPayload):
    """The version, as it is described now."""


@strawberry.type
class ModelVersionSetStatusPayload(ModelVersionPayload):
    """The version, which may be asked or not."""


@strawberry.type
class ModelVersionDeletePayload(Payload):
    """The id of what is gone."""

    deleted_id: strawberry.ID | None
    """Null where there are errors."""


@strawberry.type
class Query:
    model_version: ModelVersion | None = found(models.ModelVersion)
    """A version of a model of yours."""
    model_versions: Connection[ModelVersion] = listed(
        models.ModelVersion, ModelVersionFilter, ModelVersionOrder
    )
    """Versions of your models."""


@strawberry.type
class Mutation:
    @strawberry.mutation(metadata=costing(100))
    async def model_version_create(
        self, info: Info, input: ModelVersionCreateInput
    ) -> ModelVersionCreatePayload:
        """Make a version of a file. POST /models takes larger ones."""
        said = files.Said(
            label=input.label,
            description=input.description,
            tags=input.tags or [],
            meta=input.metadata,
            metrics=input.metrics,
            algorithm=input.algorithm,
            framework=input.framework,
            input_schema=input.input_schema,
            output_schema=input.output_schema,
            input_example=input.input_example,
        )
        under = (info.field_name, input.idempotency_key)
        about = (row_id(input.model, models.Model), said, chunks(input.file))
        done = Performed(await files.take(info.context, *under, *about))
        return ModelVersionCreatePayload(model_version=done.row, **done.created)

    @strawberry.mutation
    async def model_version_update(
        self, info: Info, input: ModelVersionUpdateInput
    ) -> ModelVersionUpdatePayload:
        """Change what is said of a version; what it answers never changes."""
        names = {"label": "label", "description": "description", "tags": "tags"}
        changes = given(input, **names, metadata="meta")
        id_ = row_id(input.id, models.ModelVersion)
        arguments = (id_, input.expected_version, changes)
        done = await perform(info, versions.update, *arguments)
        return ModelVersionUpdatePayload(model_version=done.row, **done.told)

    @strawberry.mutation
    async def model_version_set_status(
        self, info: Info, input: ModelVersionSetStatusInput
    ) -> ModelVersionSetStatusPayload:
        """Say whether a version may be asked, may with a warning, or may not."""
        id_ = row_id(input.id, models.ModelVersion)
        arguments = (id_, input.expected_version, input.status)
        done = await perform(info, versions.set_status, *arguments)
        return ModelVersionSetStatusPayload(model_version=done.row, **done.told)

    @strawberry.mutation
    async def model_version_delete(
        self, info: Info, input: ModelVersionDeleteInput
    ) -> ModelVersionDeletePayload:
        """Delete a version to which no alias leads."""
        arguments = (row_id(input.id, models.ModelVersion), input.expected_version)
        done = await perform(info, versions.delete, *arguments, force=input.force)
        gone = None if done.row is None else input.id
        return ModelVersionDeletePayload(deleted_id=gone, **done.told)
