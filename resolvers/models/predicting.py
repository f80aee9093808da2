"""What models answered, kept."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from uuid_utils.compat import uuid7

from compute.learning.models import Answer
from db.models import (
    LogLevel,
    Outcome,
    Prediction,
    PredictionLog,
    PredictionStatus,
    UsageMetric,
)
from resolvers.access import Permission, require
from resolvers.billing.entitlements import entitled
from resolvers.errors import Invalid, Missing
from resolvers.models.asking import Asked, Came
from resolvers.models.questions import text_of
from resolvers.writes import Transaction

CREATED = "prediction"
"""The kept event of a prediction."""


async def predict(write: Transaction, said: Asked) -> Prediction:
    """Keep the answer to one input, and its shadow's."""
    owner_id = require(write.actor, Permission.PREDICT)
    [columns, *shadow] = _rows(write, owner_id, said)
    prediction = Prediction(**columns)
    try:
        await write.add(prediction)
        for one in shadow:
            await write.add(Prediction(**one))
    except IntegrityError as error:
        raise _gone() from error
    _account(write, said)
    for line in _lines(said, [columns, *shadow]):
        await write.add(PredictionLog(**line))
    for one in (columns, *shadow):
        write.remembered.append((CREATED, owner_id, one["id"]))
    await entitled(write, UsageMetric.PREDICTIONS)
    return prediction


async def predict_all(write: Transaction, said: Asked) -> Prediction:
    """Keep the answers to several inputs; gives the first, whose id the others follow.

    As with points, the audit has how many there are; what they are is in the rows.
    """
    owner_id = require(write.actor, Permission.PREDICT)
    rows = [*_rows(write, owner_id, said)]
    try:
        await write.fill(Prediction, rows)
    except IntegrityError as error:
        raise _gone() from error
    _account(write, said)
    if lines := [*_lines(said, rows)]:
        await write.fill(PredictionLog, lines)
    write.remembered += [(CREATED, owner_id, one["id"]) for one in rows]
    await entitled(write, UsageMetric.PREDICTIONS, len(said.came.inputs))
    first = Prediction(id=rows[0]["id"], owner_id=owner_id)
    write.note(first, "model_version_id", None, said.came.version.id)
    write.note(first, "predictions", None, len(rows))
    return first


def following(first: UUID, count: int) -> list[UUID]:
    """The ids of predictions that were kept together."""
    return [UUID(int=first.int + place) for place in range(count)]


def _rows(write: Transaction, owner_id: UUID, said: Asked) -> Iterator[dict[str, Any]]:
    """The columns of each prediction, and then of each shadow's."""
    question, several = said.question, len(said.came.inputs)
    ids = following(uuid7(), 2 * several)
    common: dict[str, Any] = {"owner_id": owner_id}
    common["request_id"] = write.origin.request_id or None
    if key_id := write.actor.key_id:
        common["api_key_id"] = key_id
    for place, columns in enumerate(_columns(said.came)):
        about = {"source": question.source, "origin_id": question.origin_id}
        yield {"id": ids[place], **common, **columns, **about}
    for place, columns in enumerate(_columns(said.shadow) if said.shadow else ()):
        about = {"source": "shadow", "origin_id": ids[place]}
        yield {"id": ids[several + place], **common, **columns, **about}


def _columns(came: Came) -> Iterator[dict[str, Any]]:
    """Of each prediction, what does not depend on where it was asked from."""
    for given, answer in zip(came.inputs, came.answers, strict=True):
        yield {
            "model_version_id": came.version.id,
            "task": came.version.task,
            "input_data": given,
            "input_text": text_of(given),
            "inference_time_ms": came.milliseconds,
            **_told(answer),
        }


def _account(write: Transaction, said: Asked) -> None:
    """Have the audit say what the user is told, where the model has failed."""
    if any(isinstance(one, str) for one in said.came.answers):
        write.outcome = Outcome.FAILURE
        write.changes["refused"] = {"code": Invalid.code.name}


def _told(answer: Answer | str) -> dict[str, Any]:
    if isinstance(answer, str):
        return {"status": PredictionStatus.FAILED, "error_message": answer}
    return {
        "status": PredictionStatus.SUCCESS,
        "label": answer.label,
        "confidence": answer.confidence,
        "output_data": answer.output,
        "explanation": answer.explanation,
    }


def _lines(said: Asked, rows: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What there is to say of predictions, as rows of their logs."""
    for row in rows:
        about = {"owner_id": row["owner_id"], "prediction_id": row["id"]}
        if row["status"] is PredictionStatus.FAILED:
            message = row["error_message"]
            yield {**about, "level": LogLevel.ERROR, "message": message}
        elif said.question.logged:
            message = f"answered in {row['inference_time_ms']:.3f} ms"
            yield {**about, "level": LogLevel.INFO, "message": message}
        if row["source"] != "shadow":
            for warning in said.warnings:
                yield {**about, "level": LogLevel.WARNING, "message": warning}


def _gone() -> Missing:
    said = "the version, or what this repeats, was deleted meanwhile"
    return Missing(said, "model_version")
