"""Which version of a model is asked, and whether it may be."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from db.models import (
    ArtifactKind,
    Model,
    ModelAlias,
    ModelTask,
    ModelVersion,
    ModelVersionStatus,
)
from resolvers.access import Actor, visible
from resolvers.batches import text_of
from resolvers.context import Context
from resolvers.equipment import ModelFile
from resolvers.errors import Invalid, Missing, ModelArchived, patient

PRODUCTION = "production"
"""The alias of the version that is asked if nothing else is said."""
TRAINED = "training"
"""Where the schemas are from of a version that was trained here."""
OF = {"model": sa.Uuid(), "name": sa.String()}
BY = {"number": sa.Integer(), "label": sa.String(), "alias": sa.String()}


@dataclass(frozen=True, slots=True)
class Which:
    """A version by its id; or a model, by id or name, and which of its versions.

    Where nothing is said of that it is the one that the alias production leads to, and
    without such an alias the newest that is active.
    """

    version: UUID | None = None
    model: UUID | None = None
    name: str | None = None
    number: int | None = None
    label: str | None = None
    alias: str | None = None

    def said(self, names: Any) -> list[str]:
        return [name for name in names if getattr(self, name) is not None]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A version, as far as it takes to ask it."""

    id: UUID
    model_id: UUID
    number: int
    status: ModelVersionStatus
    artifact: ArtifactKind
    loadable: bool
    warnings: list[str]
    file_path: str
    sha256: str
    input_schema: dict[str, Any] | None
    signature_source: str | None
    owner_id: UUID
    name: str
    """Its model's."""
    task: ModelTask

    @property
    def trained(self) -> bool:
        """Whether it was trained here, and not brought in a file of the same kind."""
        return self.signature_source == TRAINED

    @property
    def file(self) -> ModelFile:
        return ModelFile(self.file_path, self.sha256, self.trained, self.owner_id)

    @property
    def caution(self) -> list[str]:
        """What whoever asks it is warned of."""
        if self.status is not ModelVersionStatus.DEPRECATED:
            return []
        return [f"version {self.number} of {self.name!r} is deprecated"]


@dataclass(frozen=True, slots=True)
class Choice:
    """How a version is looked up: of which model, and by what."""

    of: str | None
    by: str | None

    def statement(self, actor: Actor, _: str) -> Any:
        rows = visible(actor, ModelVersion, by_key=True)
        rows = rows.join(Model, Model.id == ModelVersion.model_id)
        rows = rows.where(self._model(), self._version())
        rows = rows.with_only_columns(*map(_column, Chosen.__dataclass_fields__))
        return rows.order_by(ModelVersion.number.desc()).limit(1)

    def _model(self) -> Any:
        if self.of is None:
            return sa.true()
        if self.of == "model":
            return Model.id == sa.bindparam("model", type_=OF["model"])
        mine = Model.owner_id == sa.bindparam("asker", type_=sa.Uuid())
        return mine & (Model.name == sa.bindparam("name", type_=OF["name"]))

    def _version(self) -> Any:
        if self.of is None:
            return ModelVersion.id == sa.bindparam("version", type_=sa.Uuid())
        if self.by is None:
            led = _led(sa.literal(PRODUCTION))
            active = ModelVersion.status == ModelVersionStatus.ACTIVE
            return (ModelVersion.id == led) | (led.is_(None) & active)
        value = sa.bindparam(self.by, type_=BY[self.by])
        if self.by == "alias":
            return ModelVersion.id == _led(value)
        return getattr(ModelVersion, self.by) == value


async def chosen(context: Context, which: Which) -> Chosen:
    """The version that is meant and may be asked, by one statement.

    Raises Invalid, Missing, or ModelArchived.
    """
    of, by = _required(which)
    asked: Any = Choice(of, by)
    text, reads = text_of(asked, context.actor, context.database.speech)
    given = {"viewer": context.actor.user_id, "asker": context.actor.user_id}
    values = {name: getattr(which, name) for name in Which.__dataclass_fields__}
    with patient():
        rows = await context.database.direct.rows(text, {**values, **given})
    if not rows:
        raise _missing(which, of, by)
    found = [*rows[0]]
    for place, read in reads:
        found[place] = read(found[place])
    return _askable(Chosen(*found))


def _required(which: Which) -> tuple[str | None, str | None]:
    """How it is said which version is meant. Raises Invalid where that is not clear."""
    whose = which.said(("version", *OF))
    if len(whose) != 1:
        said = "say which: one of `modelVersion`, `model` and `modelName`"
        raise Invalid(said, "model_version")
    by = which.said(BY)
    if len(by) > 1 or (by and whose == ["version"]):
        said = "of a model say one of `number`, `label` and `alias`, or none of them"
        raise Invalid(said, by[-1])
    of = None if whose == ["version"] else whose[0]
    return of, by[0] if by else None


def _missing(which: Which, of: str | None, by: str | None) -> Missing:
    if of is None:
        return Missing("no ModelVersion has this id", "model_version")
    whose = "this model" if of == "model" else f"a model {which.name!r} of yours"
    if by is None:
        said = f"{whose} has no version that is active, or there is no such model"
        return Missing(said, {"name": "model_name"}.get(of, of))
    value = getattr(which, by)
    said = f"{whose} has no version of the {by} {value!r}, or there is no such model"
    return Missing(said, by)


def _askable(version: Chosen) -> Chosen:
    """The version. Raises ModelArchived, and Invalid for one that is never loaded."""
    what = f"version {version.number} of {version.name!r}"
    if version.status is ModelVersionStatus.ARCHIVED:
        raise ModelArchived(f"{what} is archived, and answers no more", "model_version")
    if not version.loadable:
        why = "; ".join(version.warnings) or f"a {version.artifact} file is not loaded"
        raise Invalid(f"{what} cannot be asked: {why}", "model_version")
    return version


def _column(name: str) -> Any:
    return getattr(Model if name in {"name", "task"} else ModelVersion, name)


def _led(alias: Any) -> Any:
    """The version that an alias of the model leads to."""
    return (
        sa.select(ModelAlias.model_version_id)  # noqa: TID251  within a query that started from visible
        .where(ModelAlias.model_id == Model.id, ModelAlias.alias == alias)
        .correlate(Model)
        .scalar_subquery()
    )
