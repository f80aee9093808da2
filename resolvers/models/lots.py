"""What a model was asked and said in a window, and what was true, to be compared."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from compute.drift.lots import Lot, Value
from compute.drift.options import KEPT
from compute.drift.records import Record
from compute.drift.truths import Trained, Truth
from db.dialects import say
from db.models import (
    ModelVersion,
    Prediction,
    PredictionFeedback,
    PredictionStatus,
    TrainingJob,
)
from resolvers.context import Context
from resolvers.models.windows import Window

MOST = 50_000
"""Predictions of a window, and truths, that are compared: the newest."""
VALUES = 2_000_000
"""Values in the inputs of a window; of wide ones fewer predictions are compared."""
AT_ONCE = 200
"""Predictions of one statement, each of which may be of a megabyte."""
NUMBER = say("number_in", Prediction.output_data, sa.literal("value"))
"""What a model that foretells numbers said."""


async def lot(context: Context, version_id: UUID, window: Window) -> Lot:
    """The newest predictions of a window."""
    rows = window.of(context.actor, version_id).where(
        Prediction.status != PredictionStatus.PENDING
    )
    async with context.read() as session:
        count = rows.with_only_columns(sa.func.count())
        found = Lot(await session.scalar(count) or 0)
    values, last = 0, None
    while len(found.records) < MOST and values < VALUES:
        some = await _some(context, rows, last)
        if not some:
            break
        last = some[-1].id
        for row in some:
            found.records.append(_record(row))
            found.inputs.append(_input(row.input_data))
            values += len(found.inputs[-1])
    return found


async def truths(context: Context, version_id: UUID, window: Window) -> list[Truth]:
    """The newest truths of the predictions of a window; each source counts."""
    of = PredictionFeedback
    rows = window.of(context.actor, version_id).join(
        of, of.prediction_id == Prediction.id
    )
    said = (
        of.predicted_label,
        of.actual_label,
        of.actual_value,
        NUMBER.label("number"),
    )
    newest = rows.order_by(of.id.desc()).limit(MOST).with_only_columns(*said)
    async with context.read() as session:
        return [_truth(*row) for row in await session.execute(newest)]


def trained(version: ModelVersion, training: TrainingJob | None) -> Trained:
    """How good a version was in training, as far as is known."""
    figures: dict[str, Any] = (training and training.figures) or {}
    each: list[dict[str, Any]] = figures.get("per_class", [])
    return Trained(
        f1=_number(figures.get("f1")),
        positive=figures.get("positive"),
        labels={one["label"]: one["f1"] for one in each},
        **{name: _number(version.metrics.get(name)) for name in ALONE},
    )


ALONE = ("accuracy", "mae", "rmse")
"""Figures that can be compared whatever else is known."""


async def _some(context: Context, rows: Any, last: UUID | None) -> list[Any]:
    """The next predictions, from the newest on."""
    if last is not None:
        rows = rows.where(Prediction.id < last)
    of = Prediction
    said = (of.id, of.status, of.label, of.confidence, of.input_data)
    page = rows.order_by(of.id.desc()).limit(AT_ONCE)
    async with context.read() as session:
        page = page.with_only_columns(*said, NUMBER.label("number"))
        return [*await session.execute(page)]


def _record(row: Any) -> Record:
    failed = row.status is PredictionStatus.FAILED
    return Record(row.label, row.confidence, row.number, failed)


def _input(data: dict[str, Any]) -> dict[str, Value]:
    """What can be a cell of a table; of a text its beginning."""
    cells = {name: value for name, value in data.items() if _is_cell(value)}
    return {
        name: value[:KEPT] if isinstance(value, str) else value
        for name, value in cells.items()
    }


def _is_cell(value: Any) -> bool:
    return value is None or isinstance(value, str | bool | int | float)


def _truth(
    said: str | None, label: str | None, value: float | None, number: float | None
) -> Truth:
    return Truth(number, value or 0.0) if label is None else Truth(said, label)


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else None
