"""Models, each under one name through all its versions."""

from datetime import datetime

import strawberry

from db import models
from schema.connections import Connection
from schema.edges import found, listed, to_many
from schema.enums import ModelTask
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
from schema.nodes import Entity
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
class Query:
    model: Model | None = found(models.Model)
    """A model of yours."""
    models: Connection[Model] = listed(models.Model, ModelFilter, ModelOrder)
    """Your models."""
