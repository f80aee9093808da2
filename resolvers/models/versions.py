"""Versions of models: numbered, described, retired, deleted."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from db.models import (
    Model,
    ModelAlias,
    ModelVersion,
    ModelVersionStatus,
    Prediction,
)
from resolvers.access import Actor, Permission, changeable, require
from resolvers.billing.stocks import writable
from resolvers.descriptions import described
from resolvers.errors import Conflict, Invalid, InvalidTransition
from resolvers.models.locks import behind_model
from resolvers.models.models import discard_files
from resolvers.writes import ID, Transaction

LABEL = 50
"""Characters of a label."""
ACTIVE, DEPRECATED, ARCHIVED = ModelVersionStatus
BEFORE = {
    ACTIVE: (ACTIVE, DEPRECATED),
    DEPRECATED: tuple(ModelVersionStatus),
    ARCHIVED: (ARCHIVED, DEPRECATED),
}
"""What a version may have been before it becomes something."""


async def number_and_add(
    write: Transaction, model_id: UUID, version: ModelVersion
) -> ModelVersion:
    """Store a version under the next number of its model.

    The model stays locked until the write ends, so that no number is left out or given
    twice. Raises Missing for the model, and Conflict for a label that is taken.
    """
    model = await write.get(Model, model_id, "model")
    [(number,)] = await write.run(_next_number, id=model_id)
    write.note(model, "last_number", number - 1, number)
    version.model_id, version.owner_id = model.id, model.owner_id
    version.number = number
    return await write.add(version, uq_model_versions_model_id_label="label")


async def update(
    write: Transaction, id_: UUID, expected: int | None, changes: dict[str, Any]
) -> ModelVersion:
    """Change what is said of a version; what it answers never changes."""
    require(write.actor, Permission.EDIT_MODELS)
    version = await behind_model(write, ModelVersion, id_, expected=expected)
    await writable(write, Model, version.model_id, "id")
    if "label" in changes:
        version.label = labelled(changes.pop("label"))
    for column, value in described(**changes).items():
        setattr(version, column, value)
    await write.flush(version, uq_model_versions_model_id_label="label")
    return version


async def set_status(
    write: Transaction, id_: UUID, expected: int | None, status: ModelVersionStatus
) -> ModelVersion:
    """Say whether a version may be asked. None that an alias leads to is archived.

    It is deprecated before that; administrators alone take it out again.
    """
    require(write.actor, Permission.EDIT_MODELS)
    version = await behind_model(write, ModelVersion, id_, expected=expected)
    await writable(write, Model, version.model_id, "id")
    if status is ARCHIVED:
        await _require_unnamed(write, version)
    elif version.status is ARCHIVED:
        require(write.actor, Permission.REVIVE_MODELS)
    if version.status not in BEFORE[status]:
        said = f"this version is {version.status}; it becomes {DEPRECATED} before"
        raise InvalidTransition(f"{said} it becomes {status}", "status")
    version.status = status
    return version


async def delete(
    write: Transaction, id_: UUID, expected: int | None, *, force: bool
) -> ModelVersion:
    """Delete a version with its predictions, which takes `force` where it has any."""
    require(write.actor, Permission.EDIT_MODELS)
    version = await behind_model(write, ModelVersion, id_, expected=expected)
    await _require_unnamed(write, version)
    asked = changeable(write.actor, Prediction).where(
        Prediction.model_version_id == id_
    )
    one = asked.with_only_columns(Prediction.id).limit(1)
    if not force and await write.session.scalar(one):
        said = "it has made predictions, which would go with it; say force: true"
        raise Conflict(said, "force")
    mine = changeable(write.actor, ModelVersion).where(ModelVersion.id == id_)
    await discard_files(write, mine)
    await write.delete(version)
    return version


def labelled(label: str | None) -> str | None:
    """A label that can be kept; None for none. Raises Invalid."""
    if label is not None and not 1 <= len(label := label.strip()) <= LABEL:
        raise Invalid(f"a label has from 1 to {LABEL} characters", "label")
    return label


async def _require_unnamed(write: Transaction, version: ModelVersion) -> None:
    """Raises Conflict for a version that an alias leads to."""
    aliases = changeable(write.actor, ModelAlias)
    aliases = aliases.where(ModelAlias.model_version_id == version.id)
    if alias := await write.session.scalar(aliases.limit(1)):
        said = f"the alias {alias.alias!r} leads to it; move or delete that first"
        raise Conflict(said, "id")


def _next_number(_: Actor) -> Any:
    """Count a version more. That is no change of what is said of the model."""
    more = sa.update(Model).where(Model.id == ID)
    kept = {"last_number": Model.last_number + 1, "updated_at": Model.updated_at}
    return more.values(kept).returning(Model.last_number)
