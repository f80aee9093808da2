"""Predictions that are a year old: added up day by day, and then deleted."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from db.base import utcnow
from db.models import Prediction, PredictionFeedback, PredictionLog
from resolvers.access import SYSTEM, visible
from resolvers.context import Context
from resolvers.models import daily
from resolvers.platform import events, retention
from resolvers.platform.retention import Kept, first_id
from resolvers.writes import Transaction

YEAR = timedelta(days=365)
KEPT = (Kept(PredictionLog, timedelta(days=90)), Kept(Prediction, YEAR))
PARTS = """SELECT inhrelid::regclass::text FROM pg_inherits
  WHERE inhparent = 'predictions'::regclass ORDER BY 1"""
MONTH = re.compile("predictions_([0-9]{4})_([0-9]{2})")
PATIENCE = "SET LOCAL lock_timeout = '2s'"
"""Whoever reads waits behind it for so long at most."""


async def run(context: Context) -> None:
    """Add up the days that are over, and then delete what has expired."""
    await daily.roll_up(context)
    if context.database.dialect == "postgresql":
        await drop(context)
    await retention.delete(context, KEPT)


async def drop(context: Context) -> None:
    """Drop months that have expired as a whole, if nothing refers to them.

    What is referred to is deleted row by row, and its month dropped the next time.
    """
    async with context.database.read() as session:
        parts = list(await session.scalars(sa.text(PARTS)))
    for part in parts:
        if (found := MONTH.fullmatch(part)) and _over(*map(int, found.groups())):
            await context.written(lambda write, part=part: _drop(write, part))


async def _drop(write: Transaction, part: str) -> None:
    first, end = _bounds(part)
    if await _referred(write, first, end):
        return
    session = write.session
    count = await session.scalar(sa.text(f"SELECT count(*) FROM {part}"))  # noqa: S608  a name of ours
    for statement in (
        PATIENCE,
        f"ALTER TABLE predictions DETACH PARTITION {part}",
        f"DROP TABLE {part}",
    ):
        await session.execute(sa.text(statement))
    write.changes["deleted"] = {"predictions": str(count), "part": part}
    await events.conclude(write, retention.ACTION)


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


def _over(year: int, month: int) -> bool:
    """Whether all predictions of a month have expired."""
    return _after(year, month) <= utcnow() - YEAR


def _after(year: int, month: int) -> datetime:
    """When the month after this one begins."""
    return datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)


def _bounds(part: str) -> tuple[UUID, UUID]:
    """The first id of a month, and of the one after it."""
    year, month = map(int, part.split("_")[1:])
    first = datetime(year, month, 1, tzinfo=UTC)
    return first_id(first), first_id(_after(year, month))
