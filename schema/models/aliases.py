"""Names that each lead to one version of a model, and their history."""

from datetime import datetime

import strawberry

from db import models
from schema.connections import Connection
from schema.edges import found, listed, to_one
from schema.lists.registry import (
    ModelAliasFilter,
    ModelAliasMoveFilter,
    ModelAliasMoveOrder,
    ModelAliasOrder,
)
from schema.models.models import Model
from schema.models.versions import ModelVersion
from schema.nodes import Entity
from schema.refs import UserRef


@strawberry.type
class ModelAlias(Entity, of=models.ModelAlias):
    """A name that leads to one version of a model, such as production."""

    created_at: datetime
    updated_at: datetime
    version: int
    alias: str
    protected: bool
    model: Model = to_one(models.ModelAlias.model_id)
    """The model."""
    model_version: ModelVersion = to_one(models.ModelAlias.model_version_id)
    """The version that it leads to."""


@strawberry.type
class ModelAliasMove(Entity, of=models.ModelAliasMove):
    """One step in the history of an alias. It never changes."""

    created_at: datetime
    alias: str
    number: int
    from_number: int | None
    to_number: int | None
    reason: str | None
    model: Model = to_one(models.ModelAliasMove.model_id)
    """The model."""
    from_version: ModelVersion | None = to_one(models.ModelAliasMove.from_version_id)
    """The version that it led to before, if that is still there."""
    to_version: ModelVersion | None = to_one(models.ModelAliasMove.to_version_id)
    """The version that it leads to since, if that is still there."""
    moved_by: UserRef | None = to_one(models.ModelAliasMove.moved_by)
    """Whoever moved it."""


@strawberry.type
class Query:
    model_alias: ModelAlias | None = found(models.ModelAlias)
    """An alias of a model of yours."""
    model_aliases: Connection[ModelAlias] = listed(
        models.ModelAlias, ModelAliasFilter, ModelAliasOrder
    )
    """Aliases of your models."""
    model_alias_move: ModelAliasMove | None = found(models.ModelAliasMove)
    """A move of an alias of a model of yours."""
    model_alias_moves: Connection[ModelAliasMove] = listed(
        models.ModelAliasMove, ModelAliasMoveFilter, ModelAliasMoveOrder
    )
    """Which versions the aliases of your models led to, and when."""
