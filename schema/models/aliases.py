"""Names that each lead to one version of a model, and their history."""

from datetime import datetime

import strawberry

from db import models
from resolvers.models import aliases
from schema.connections import Connection
from schema.edges import found, listed, to_one
from schema.ids import row_id
from schema.lists.registry import (
    ModelAliasFilter,
    ModelAliasMoveFilter,
    ModelAliasMoveOrder,
    ModelAliasOrder,
)
from schema.models.inputs import ModelAliasDeleteInput, ModelAliasSetInput
from schema.models.models import Model
from schema.models.versions import ModelVersion
from schema.nodes import Entity, Info
from schema.perform import Payload, perform
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
class ModelAliasSetPayload(Payload):
    """The alias, which leads to the version."""

    model_alias: ModelAlias | None
    """Null where there are errors."""


@strawberry.type
class ModelAliasDeletePayload(Payload):
    """The id of what is gone."""

    deleted_id: strawberry.ID | None
    """Null where there are errors."""


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


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def model_alias_set(
        self, info: Info, input: ModelAliasSetInput
    ) -> ModelAliasSetPayload:
        """Let an alias lead to a version: a new one, or one that is moved at once."""
        done = await perform(
            info,
            aliases.point,
            row_id(input.model_version, models.ModelVersion),
            input.alias,
            expected_number=input.expected_number,
            protected=input.protected,
            confirm=input.confirm,
            reason=input.reason,
        )
        return ModelAliasSetPayload(model_alias=done.row, **done.told)

    @strawberry.mutation
    async def model_alias_delete(
        self, info: Info, input: ModelAliasDeleteInput
    ) -> ModelAliasDeletePayload:
        """Delete an alias; its history stays."""
        id_ = row_id(input.id, models.ModelAlias)
        done = await perform(
            info, aliases.delete, id_, confirm=input.confirm, reason=input.reason
        )
        gone = None if done.row is None else input.id
        return ModelAliasDeletePayload(deleted_id=gone, **done.told)
