"""What turned out to be true of predictions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from uuid_utils.compat import uuid7

from compute.remote import TRUTHS
from compute.tables.errors import TableError
from db.base import utcnow
from db.dialects import say
from db.models import FileUpload, ModelTask, Prediction, PredictionFeedback
from db.models.predictions import SPAM_LABELS
from db.types import Several
from resolvers.access import Actor, Permission, changeable, require
from resolvers.context import Context
from resolvers.errors import Invalid, Missing
from resolvers.writes import Transaction

AT_ONCE = 1_000
"""Truths of one request, and of one statement."""
LABEL, COMMENT, SOURCE = 255, 2_000, 50
"""The most characters of each."""
NEW = ("actual_label", "actual_value", "comment", "predicted_label")
"""What a later truth of the same source replaces."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What a prediction should have said."""

    prediction_id: UUID
    label: str | None = None
    value: float | None = None
    comment: str | None = None
    source: str = "user"


async def add(write: Transaction, truths: Sequence[Truth]) -> list[UUID]:
    """Keep truths, all or none. The last of a source about a prediction counts."""
    require(write.actor, Permission.PREDICT)
    if not 1 <= len(truths) <= AT_ONCE:
        said = f"from 1 to {AT_ONCE} truths are taken at once, not {len(truths)}"
        raise Invalid(f"{said}; for more there is predictionFeedbackImport", "items")
    return await _added(write, truths, "items")


async def read(context: Context, upload_id: UUID) -> list[Truth]:
    """The truths in an uploaded table. Raises Invalid or Missing."""
    require(context.actor, Permission.PREDICT)
    upload = await context.loaders.row(FileUpload).load(upload_id)
    if upload is None or upload.file_path is None:
        raise Missing("no FileUpload has this id", "upload")
    async with context.equipment.store.local(upload.file_path) as path:
        try:
            rows = await context.compute.run(TRUTHS, str(path), slow=True)
        except TableError as error:
            raise Invalid(str(error), "upload") from error
    return [_read(place, *row) for place, row in enumerate(rows)]


async def add_all(write: Transaction, truths: Sequence[Truth]) -> list[UUID]:
    """Keep the truths of a file, all or none."""
    require(write.actor, Permission.PREDICT)
    return await _added(write, truths, "upload")


def _read(
    row: int, id_: str, label: str | None, value: float | None, comment: str | None
) -> Truth:
    """A row of a file, whose id is spelt as clients see it, or without its type."""
    try:
        prediction_id = UUID(id_.removeprefix("prediction_"))
    except ValueError as error:
        said = f"row {row + 1}: {id_!r} is not the id of a prediction"
        raise Invalid(said, "upload") from error
    return Truth(prediction_id, label, value, comment, "file")


async def _added(write: Transaction, truths: Sequence[Truth], field: str) -> list[UUID]:
    _require_one_each(truths, field)
    ids: list[UUID] = []
    for first in range(0, len(truths), AT_ONCE):
        some = truths[first : first + AT_ONCE]
        ids += await _stored(write, some, field, first)
    write.changes["prediction_feedback"] = {"stored": [None, str(len(ids))]}
    return ids


async def _stored(
    write: Transaction, truths: Sequence[Truth], field: str, first: int
) -> list[UUID]:
    found = await write.run(_meant, ids=[one.prediction_id for one in truths])
    known = {row[0]: row for row in found}
    rows: list[dict[str, Any]] = []
    for place, truth in enumerate(truths, first):
        where = (field, str(place)) if field == "items" else (field,)
        if truth.prediction_id not in known:
            said = f"row {place + 1}: " * (field != "items")
            raise Missing(f"{said}no Prediction has this id", *where, "prediction")
        rows.append(_row(truth, known[truth.prediction_id], where))
    speech: Any = {"postgresql": postgresql, "sqlite": sqlite}[write.writing.dialect]
    insert = speech.insert(PredictionFeedback)
    now: dict[str, Any] = {name: insert.excluded[name] for name in NEW}
    now |= {"version": PredictionFeedback.version + 1, "updated_at": utcnow()}
    put = insert.on_conflict_do_update(
        index_elements=["prediction_id", "source"], set_=now
    )
    await write.flush()
    kept = await write.session.scalars(put.returning(PredictionFeedback.id), rows)
    return list(kept)


def _meant(actor: Actor) -> Any:
    """Of predictions by their ids: whose each is, and what it said."""
    ids = sa.bindparam("ids", type_=Several(sa.Uuid()))
    rows = changeable(actor, Prediction).where(say("among", Prediction.id, ids))
    said = (Prediction.model_version_id, Prediction.task, Prediction.label)
    return rows.with_only_columns(Prediction.id, Prediction.owner_id, *said)


def _row(truth: Truth, prediction: Any, where: tuple[str, ...]) -> dict[str, Any]:
    id_, owner_id, version_id, task, label = prediction
    _require(truth, task, where)
    return {
        "id": uuid7(),
        "owner_id": owner_id,
        "prediction_id": id_,
        "model_version_id": version_id,
        "predicted_label": label,
        "actual_label": truth.label,
        "actual_value": truth.value,
        "comment": truth.comment,
        "source": truth.source,
    }


def _require(truth: Truth, task: ModelTask, where: tuple[str, ...]) -> None:
    """Raises Invalid for what cannot be true of a prediction of this kind."""
    if task is ModelTask.REGRESSION:
        if truth.value is None or truth.label is not None:
            said = "of a regression `actualValue` is said, and no label"
            raise Invalid(said, *where, "actual_value")
    elif task is not ModelTask.OTHER and (
        truth.label is None or truth.value is not None
    ):
        said = "of a classification `actualLabel` is said, and no number"
        raise Invalid(said, *where, "actual_label")
    if truth.label is None and truth.value is None:
        raise Invalid("a label or a number is expected", *where, "actual_label")
    if task is ModelTask.SPAM and truth.label not in SPAM_LABELS:
        said = f"a label is one of {', '.join(SPAM_LABELS)}, not {truth.label!r}"
        raise Invalid(said, *where, "actual_label")
    for name, text, most in (
        ("actual_label", truth.label, LABEL),
        ("comment", truth.comment, COMMENT),
        ("source", truth.source, SOURCE),
    ):
        if text is not None and not 1 <= len(text) <= most:
            said = f"from 1 to {most} characters are expected, not {len(text)}"
            raise Invalid(said, *where, name)


def _require_one_each(truths: Sequence[Truth], field: str) -> None:
    """Raises Invalid where one source says two things of a prediction at once."""
    seen: set[tuple[UUID, str]] = set()
    for place, one in enumerate(truths):
        if (one.prediction_id, one.source) in seen:
            where = (str(place), "prediction") if field == "items" else ()
            said = f"row {place + 1} is about a prediction that one before it is about"
            raise Invalid(said, field, *where)
        seen.add((one.prediction_id, one.source))
