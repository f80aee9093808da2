"""Checks: begun, followed."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from db.models import CheckKind, CheckRun, Dataset, DatasetVersion, Model, ModelVersion
from resolvers.access import Permission, require, visible
from resolvers.analyses.analyses import newest
from resolvers.context import Context
from resolvers.errors import Conflict, Invalid
from resolvers.models import windows
from resolvers.models.windows import Ends
from resolvers.platform import jobs
from resolvers.writes import Transaction

TASK = "checkRun"
NAME = 255


@dataclass(frozen=True, slots=True)
class Question:
    """What is compared with what: data, or what a model says."""

    kind: CheckKind
    dataset_id: UUID | None = None
    version_id: UUID | None = None
    reference_id: UUID | None = None
    model_version_id: UUID | None = None
    ends: Ends = field(default_factory=Ends)
    columns: list[str] | None = None
    name: str | None = None

    @property
    def of_data(self) -> bool:
        return self.dataset_id is not None or self.version_id is not None

    def said(self) -> list[str]:
        """The arguments that not every check has, as far as they were given."""
        given = {
            "dataset": self.dataset_id,
            "dataset_version": self.version_id,
            "reference_version": self.reference_id,
            "columns": self.columns,
        }
        return [
            *self.ends.said(),
            *(name for name, one in given.items() if one is not None),
        ]


async def start(write: Transaction, asked: Question) -> CheckRun:
    """Have data, or the predictions of a model, compared with a reference."""
    owner_id = require(write.actor, Permission.RUN_JOBS)
    if asked.kind is CheckKind.PERFORMANCE:
        about = await _of_truths(write, asked)
    elif asked.of_data:
        about = await _of_data(write, asked)
    else:
        about = await _of_predictions(write, asked)
    if asked.name is not None:
        about["name"] = _named(asked.name)
    check = await write.add(CheckRun(owner_id=owner_id, kind=asked.kind, **about))
    job = await write.enqueue(TASK, owner_id, check_run_id=str(check.id))
    check.job_id = job.id
    return check


def follow(context: Context, id_: UUID) -> AsyncGenerator[CheckRun]:
    """A check as it stands, then whenever its job has got further, to its end."""
    return jobs.follow_for(context, CheckRun, id_)


async def _of_data(write: Transaction, asked: Question) -> dict[str, Any]:
    """Of a dataset's version, compared with another."""
    _refuse(asked, "a check of data has no windows of time", *windows.NAMES)
    version = await _current(write, asked)
    dataset = await write.see(Dataset, version.dataset_id, "dataset")
    model = await _model(write, asked)
    reference = await _reference(write, asked, version, model)
    _require_own(write, dataset, "dataset")
    _require_own(write, reference, "reference_version")
    _require_columns(asked.columns, [*_names(version), *_names(reference)])
    return {
        "name": f"{asked.kind} of {dataset.name}"[:NAME],
        "dataset_id": dataset.id,
        "dataset_version_id": version.id,
        "reference_version_id": reference.id,
        "model_version_id": model and model.id,
        "config": _config(asked),
    }


async def _of_predictions(write: Transaction, asked: Question) -> dict[str, Any]:
    """Of a window of predictions, compared with another, or with data."""
    model = await _model(write, asked)
    if model is None:
        said = "a check needs a dataset, or a version of a dataset or of a model"
        raise Invalid(said, "dataset")
    if asked.kind is not CheckKind.DRIFT:
        raise Invalid(f"a check of {asked.kind} is of data, and of no model", "kind")
    if asked.reference_id is not None:
        data = "predictions are compared with data or with a window, not with both"
        _refuse(asked, data, *windows.REFERENCE)
        reference = await write.see(
            DatasetVersion, asked.reference_id, "reference_version"
        )
        _require_own(write, reference, "reference_version")
    known = (model.input_schema or {}).get("properties")
    _require_columns(asked.columns, known or asked.columns or [])
    compared = asked.ends.windows(compared=asked.reference_id is None)
    await windows.require_asked(write, model.id, compared)
    return {
        "name": await _usual(write, asked, model),
        "reference_version_id": asked.reference_id,
        "model_version_id": model.id,
        "config": _config(asked) | compared.written(),
    }


async def _of_truths(write: Transaction, asked: Question) -> dict[str, Any]:
    """Of what turned out to be true of a model's predictions."""
    model = await _model(write, asked)
    if model is None:
        raise Invalid("a check of performance is of a model", "model_version")
    data = ("dataset", "dataset_version", "reference_version", "columns")
    said = "a model's performance is compared with that in training, and with no data"
    _refuse(asked, said, *data, *windows.REFERENCE)
    return {
        "name": await _usual(write, asked, model),
        "model_version_id": model.id,
        "config": asked.ends.windows(compared=False).written(),
    }


async def _current(write: Transaction, asked: Question) -> DatasetVersion:
    """The version that is checked."""
    if asked.version_id is None:
        if asked.dataset_id is None:
            raise AssertionError
        return await newest(write, asked.dataset_id)
    version = await write.see(DatasetVersion, asked.version_id, "dataset_version")
    if asked.dataset_id not in {None, version.dataset_id}:
        raise Invalid("this is a version of another dataset", "dataset_version")
    return version


async def _model(write: Transaction, asked: Question) -> ModelVersion | None:
    if asked.model_version_id is None:
        return None
    model = await write.see(ModelVersion, asked.model_version_id, "model_version")
    _require_own(write, model, "model_version")
    return model


async def _reference(
    write: Transaction,
    asked: Question,
    version: DatasetVersion,
    model: ModelVersion | None,
) -> DatasetVersion:
    """What a version is compared with: what is said, else learnt from, else before."""
    if asked.reference_id is not None:
        return await write.see(DatasetVersion, asked.reference_id, "reference_version")
    if model is not None:
        if model.dataset_version_id is None:
            said = "what this model learnt from is not known, or gone; say a reference"
            raise Conflict(said, "reference_version")
        return await write.see(DatasetVersion, model.dataset_version_id)
    rows = visible(write.actor, DatasetVersion, by_key=True).where(
        DatasetVersion.dataset_id == version.dataset_id,
        DatasetVersion.number < version.number,
    )
    before = rows.order_by(DatasetVersion.number.desc()).limit(1)
    if (found := await write.session.scalar(before)) is None:
        said = f"there is no version before number {version.number}; say a reference"
        raise Conflict(said, "reference_version")
    return await write.see(DatasetVersion, found.id)


async def _usual(write: Transaction, asked: Question, version: ModelVersion) -> str:
    """What a check of predictions is called, if nothing is said."""
    model = await write.see(Model, version.model_id)
    return f"{asked.kind} of version {version.number} of {model.name}"[:NAME]


def _refuse(asked: Question, why: str, *names: str) -> None:
    """Raise Invalid for an argument that such a check does not have."""
    for name in asked.said():
        if name in names:
            raise Invalid(why, name)


def _require_own(write: Transaction, row: Any, field: str) -> None:
    if row.owner_id != write.actor.user_id:
        raise Invalid("a check is of data and models of one's own", field)


def _require_columns(asked: list[str] | None, known: Any) -> None:
    """Raise Invalid for columns that are not there, said twice, or none at all."""
    if asked is None:
        return
    if not asked:
        raise Invalid("of no column can anything be said", "columns")
    for place, name in enumerate(asked):
        if name not in known:
            there = ", ".join(map(repr, [*dict.fromkeys(known)][:20]))
            raise Invalid(f"there is no column {name!r}; there are {there}", "columns")
        if name in asked[:place]:
            raise Invalid(f"column {name!r} is named twice", "columns")


def _names(version: DatasetVersion) -> list[str]:
    return [column["name"] for column in version.schema]


def _config(asked: Question) -> dict[str, Any]:
    return {} if asked.columns is None else {"columns": asked.columns}


def _named(name: str) -> str:
    if not 1 <= len(name := name.strip()) <= NAME:
        raise Invalid(f"a name has from 1 to {NAME} characters", "name")
    return name
