"""Models, each under one name through all its versions."""

from datetime import datetime

import strawberry

from db import models
from resolvers.models import models as registry
from schema.connections import Connection
from schema.edges import listed, picked, to_many
from schema.enums import ModelTask
from schema.ids import row_id
from schema.lists.registry import (
    ModelAliasFilter,
    ModelAliasMoveFilter,
    ModelAliasMoveOrder,
    ModelAliasOrder,
    ModelFilter,
    ModelOrder,
    ModelVersionFilter,
    ModelVersionOrder,
    TrainingJobFilter,
    TrainingJobOrder,
)
from schema.models import lookups
from schema.models.inputs import (
    ModelCreateInput,
    ModelDeleteInput,
    ModelUpdateInput,
)
from schema.nodes import Entity, Info
from schema.perform import Creation, Payload, given, perform, perform_once
from schema.refs import (
    ModelAliasMoveRef,
    ModelAliasRef,
    ModelVersionRef,
    TrainingJobRef,
)


@strawberry.type
class Model(Entity, of=models.Model):
    """A model, under one name through all its versions."""

    created_at: datetime
    updated_at: datetime
    version: int = strawberry.field(name="revision")
    name: str
    description: str | None
    task: ModelTask
    tags: list[str]
    versions: Connection[ModelVersionRef] = to_many(
        models.ModelVersion.model_id, ModelVersionFilter, ModelVersionOrder
    )
    """The model at one time and another."""
    latest_version: ModelVersionRef | None = picked(
        models.ModelVersion, {"latest": lookups.VERSIONS}, lookups.latest
    )
    """Its newest version."""
    one_version: ModelVersionRef | None = picked(
        models.ModelVersion, lookups.BY_NAME, lookups.version, name="version"
    )
    """One of its versions, by its number, its label or an alias."""
    alias_at: ModelVersionRef | None = picked(
        models.ModelVersion, {"at": lookups.MOVES}, lookups.at
    )
    """The version to which an alias led at a moment, if that is still there."""
    aliases: Connection[ModelAliasRef] = to_many(
        models.ModelAlias.model_id, ModelAliasFilter, ModelAliasOrder
    )
    """Names that each lead to one of its versions."""
    alias_moves: Connection[ModelAliasMoveRef] = to_many(
        models.ModelAliasMove.model_id, ModelAliasMoveFilter, ModelAliasMoveOrder
    )
    """Which version each alias led to, and when."""
    training_jobs: Connection[TrainingJobRef] = to_many(
        models.TrainingJob.model_id, TrainingJobFilter, TrainingJobOrder
    )
    """How its versions come to be."""


@strawberry.type
class ModelCreatePayload(Creation):
    """The model, once it is there."""

    model: Model | None
    """Null where there are errors."""


@strawberry.type
class ModelUpdatePayload(Payload):
    """The model, as it is described now."""

    model: Model | None
    """Null where there are errors."""


@strawberry.type
class ModelDeletePayload(Payload):
    """The id of what is gone."""

    deleted_id: strawberry.ID | None
    """Null where there are errors."""


@strawberry.type
class Query:
    model: Model | None = picked(models.Model, lookups.MODELS, lookups.model)
    """A model of yours, by its id or its name."""
    models: Connection[Model] = listed(models.Model, ModelFilter, ModelOrder)
    """Your models."""


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def model_create(
        self, info: Info, input: ModelCreateInput
    ) -> ModelCreatePayload:
        """Register a model under a name of its own."""
        about = (input.name, input.task, input.description, input.tags or [])
        done = await perform_once(info, input, registry.create, *about)
        return ModelCreatePayload(model=done.row, **done.created)

    @strawberry.mutation
    async def model_update(
        self, info: Info, input: ModelUpdateInput
    ) -> ModelUpdatePayload:
        """Change what is said of a model."""
        changes = given(input, name="name", description="description", tags="tags")
        id_ = row_id(input.id, models.Model)
        arguments = (id_, input.expected_version, changes)
        done = await perform(info, registry.update, *arguments)
        return ModelUpdatePayload(model=done.row, **done.told)

    @strawberry.mutation
    async def model_delete(
        self, info: Info, input: ModelDeleteInput
    ) -> ModelDeletePayload:
        """Delete a model with all that it has; one that serves only by force."""
        arguments = (row_id(input.id, models.Model), input.expected_version)
        done = await perform(info, registry.delete, *arguments, force=input.force)
        gone = None if done.row is None else input.id
        return ModelDeletePayload(deleted_id=gone, **done.told)
