"""What training leads to: a version of which model, under which label and alias."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from compute.tables.errors import shown
from db.models import Model, ModelAlias, ModelTask, ModelVersion
from resolvers.access import changeable
from resolvers.billing.stocks import writable
from resolvers.errors import Conflict, Invalid
from resolvers.models import aliases, models, versions
from resolvers.writes import Transaction


@dataclass(frozen=True, slots=True)
class Outcome:
    """What it becomes: a version of a model, which is made if its name is new."""

    model_id: UUID | None = None
    model_name: str | None = None
    label: str | None = None
    alias: str | None = None


async def model_of(
    write: Transaction, outcome: Outcome, purposes: Sequence[ModelTask]
) -> Model:
    """The model that gets a version, made if its name is new.

    Raises a Refusal where a version could not be had of it as it is now.
    """
    model = await _known(write, outcome) or await _new(write, outcome, purposes[0])
    if model.owner_id != write.actor.user_id:
        raise Invalid("a version is made of a model of one's own", "model")
    if model.task not in purposes:
        said = f"the model {shown(model.name)} is for {model.task}, and what is to be"
        raise Invalid(f"{said} learnt is for {purposes[0]}", "task")
    await _require_free(write, model, versions.labelled(outcome.label), outcome.alias)
    return model


async def _known(write: Transaction, outcome: Outcome) -> Model | None:
    """The model that is said, if it is there."""
    if (outcome.model_id is None) == (outcome.model_name is None):
        raise Invalid("say either a model or the name of one", "model")
    if outcome.model_id is not None:
        field, known = "model", outcome.model_id
    else:
        field, known = "model_name", await _named(write, outcome.model_name)
    if known is None:
        return None
    model = await write.see(Model, known, field)
    await writable(write, Model, known, field)
    return model


async def _new(write: Transaction, outcome: Outcome, task: ModelTask) -> Model:
    try:
        return await models.create(write, outcome.model_name or "", task, None, [])
    except (Conflict, Invalid) as refusal:
        raise type(refusal)(refusal.message, "model_name") from refusal


async def _named(write: Transaction, name: str | None) -> UUID | None:
    mine = changeable(write.actor, Model).where(
        Model.owner_id == write.actor.user_id, Model.name == (name or "").strip()
    )
    return await write.session.scalar(mine.with_only_columns(Model.id))


async def _require_free(
    write: Transaction, model: Model, label: str | None, alias: str | None
) -> None:
    """Raise Conflict for a label that is taken, or an alias that may not be moved."""
    if label is not None and await labelled(write, model.id, label):
        raise Conflict(f"another version has the label {shown(label)}", "label")
    if alias is None:
        return
    aliases.require_name(alias)
    led = changeable(write.actor, ModelAlias).where(
        ModelAlias.model_id == model.id, ModelAlias.alias == alias, ModelAlias.protected
    )
    if await write.session.scalar(led):
        said = f"the alias {shown(alias)} is protected; move it when the version is"
        raise Conflict(f"{said} there", "alias")


async def labelled(write: Transaction, model_id: UUID, label: str) -> bool:
    """Whether a version of a model has a label."""
    rows = changeable(write.actor, ModelVersion).where(
        ModelVersion.model_id == model_id, ModelVersion.label == label
    )
    one = rows.with_only_columns(ModelVersion.id).limit(1)
    return await write.session.scalar(one) is not None
