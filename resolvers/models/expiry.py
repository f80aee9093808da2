"""Predictions that are old enough: added up day by day, and then deleted."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from db.base import first_id, utcnow
from db.models import Prediction, PredictionFeedback, PredictionLog
from resolvers.access import SYSTEM, visible
from resolvers.context import Context
from resolvers.models import daily
from resolvers.platform import events, retention
from resolvers.platform.retention import Kept
from resolvers.writes import Transaction

KEPT = (
    Kept(PredictionLog, lambda policy: policy.keep_prediction_logs),
    Kept(Prediction, lambda policy: policy.keep_predictions),
)
PARTS = """SELECT inhrelid::regclass::text FROM pg_inherits
  WHERE inhparent = 'predictions'::regclass ORDER BY 1"""
MONTH = re.compile("predictions_([0-9]{4})_([0-9]{2})")
PATIENCE = "SET LOCAL lock_timeout = '2s'"
"""Whoever reads waits behind it for so long at most."""


async def run(context: Context) -> dict[str, int]:
    """Add up the days that are over, and then delete what has expired."""
    await daily.roll_up(context)
    dropped = await drop(context) if context.database.dialect == "postgresql" else 0
    counts = await retention.delete(context, KEPT)
    table = Prediction.__tablename__
    return {**counts, table: counts[table] + dropped}


async def drop(context: Context) -> int:
    """Drop months that have expired as a whole, if nothing refers to them.

    What is referred to is deleted row by row, and its month dropped the next time.
    """
    end = utcnow() - timedelta(seconds=context.equipment.policy.keep_predictions)
    dropped = 0
    async with context.database.read() as session:
        parts = list(await session.scalars(sa.text(PARTS)))
    for part in parts:
        if (found := MONTH.fullmatch(part)) and _after(
            *map(int, found.groups())
        ) <= end:
            dropped += await context.written(
                lambda write, part=part: _drop(write, part)
            )
    return dropped


async def _drop(write: Transaction, part: str) -> int:
    first, end = _bounds(part)
    if await _referred(write, first, end):
        return 0
    await write.session.execute(sa.text(PATIENCE))
    dropped = sa.func.predictions_drop(part, type_=sa.BigInteger)
    count = await write.session.scalar(dropped.select())
    write.changes["deleted"] = {"predictions": str(count), "part": part}
    await events.conclude(write, retention.ACTION)
    return count or 0


async def _referred(write: Transaction, first: UUID, end: UUID) -> bool:
    """Whether a row elsewhere refers to a prediction between two ids."""
    for model, key in (
        (PredictionLog, PredictionLog.prediction_id),
        (PredictionFeedback, PredictionFeedback.prediction_id),
        (Prediction, Prediction.origin_id),
    ):
        of: Any = model
        rows = visible(SYSTEM, of).where(key >= first, key < end)
        rows = rows.with_only_columns(of.id).limit(1)
        if await write.session.scalar(rows) is not None:
            return True
    return False


def _after(year: int, month: int) -> datetime:
    """When the month after this one begins."""
    return datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)


def _bounds(part: str) -> tuple[UUID, UUID]:
    """The first id of a month, and of the one after it."""
    year, month = map(int, part.split("_")[1:])
    first = datetime(year, month, 1, tzinfo=UTC)
    return first_id(first), first_id(_after(year, month))
