"""Models: registered, described, deleted."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from db.base import utcnow
from db.models import (
    BatchPrediction,
    JobStatus,
    Model,
    ModelAlias,
    ModelTask,
    ModelVersion,
    Prediction,
    TrainingJob,
)
from resolvers.access import Permission, changeable, require
from resolvers.billing.stocks import room, writable
from resolvers.descriptions import described
from resolvers.errors import Conflict
from resolvers.writes import Transaction

RECENT = timedelta(days=30)
"""How long ago a model was asked that is not deleted without force."""
UNDER_WAY = (JobStatus.QUEUED, JobStatus.RUNNING)


async def create(
    write: Transaction,
    name: str,
    task: ModelTask,
    description: str | None,
    tags: list[str],
) -> Model:
    """Register a model, which has no version yet."""
    owner_id = require(write.actor, Permission.EDIT_MODELS)
    await room(write, Model)
    said = described(name=name, description=description, tags=tags)
    model = Model(owner_id=owner_id, task=task, **said)
    return await write.add(model, uq_models_owner_id_name="name")


async def update(
    write: Transaction, id_: UUID, expected: int | None, changes: dict[str, Any]
) -> Model:
    """Change what is said of a model."""
    require(write.actor, Permission.EDIT_MODELS)
    model = await write.get(Model, id_, expected=expected)
    await writable(write, Model, id_, "id")
    for column, value in described(**changes).items():
        setattr(model, column, value)
    await write.flush(model, uq_models_owner_id_name="name")
    return model


async def delete(
    write: Transaction, id_: UUID, expected: int | None, *, force: bool
) -> Model:
    """Delete a model with all that it has.

    One that serves, by an alias or of late, is deleted only by `force`.
    """
    require(write.actor, Permission.EDIT_MODELS)
    model = await write.get(Model, id_, expected=expected)
    await _require_untrained(write, model)
    if not force:
        await _require_unused(write, model)
    mine = changeable(write.actor, ModelVersion).where(ModelVersion.model_id == id_)
    await discard_files(write, mine)
    await write.delete(model)
    return model


async def discard_files(write: Transaction, versions: sa.Select[ModelVersion]) -> None:
    """Have the files of some versions removed, once they are gone."""
    chosen = versions.with_only_columns(ModelVersion.id)
    batches = changeable(write.actor, BatchPrediction).where(
        BatchPrediction.model_version_id.in_(chosen)
    )
    for paths in (
        versions.with_only_columns(ModelVersion.file_path),
        batches.with_only_columns(BatchPrediction.file_path),
    ):
        write.discarded += filter(None, await write.session.scalars(paths))


async def _require_untrained(write: Transaction, model: Model) -> None:
    jobs = changeable(write.actor, TrainingJob).where(
        TrainingJob.model_id == model.id, TrainingJob.status.in_(UNDER_WAY)
    )
    if await write.session.scalar(jobs.limit(1)):
        raise Conflict("a version of it is being trained; cancel that first", "id")


async def _require_unused(write: Transaction, model: Model) -> None:
    """Raises Conflict for a model that an alias leads to, or that was asked of late."""
    aliases = changeable(write.actor, ModelAlias).where(ModelAlias.model_id == model.id)
    if alias := await write.session.scalar(aliases.limit(1)):
        said = f"the alias {alias.alias!r} leads to a version of it"
        raise Conflict(f"{said}; delete that first, or say force: true", "force")
    versions = changeable(write.actor, ModelVersion)
    versions = versions.where(ModelVersion.model_id == model.id)
    asked = changeable(write.actor, Prediction).where(
        Prediction.model_version_id.in_(versions.with_only_columns(ModelVersion.id)),
        Prediction.created_at > utcnow() - RECENT,
    )
    if await write.session.scalar(asked.with_only_columns(Prediction.id).limit(1)):
        said = f"it was asked within the last {RECENT.days} days; say force: true"
        raise Conflict(said, "force")
