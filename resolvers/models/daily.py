"""The days of versions in figures, which outlive the predictions they are of."""

from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from uuid_utils.compat import uuid7

from db.base import first_id, utcnow
from db.models import ModelVersion, Prediction, PredictionStats, PredictionStatus
from resolvers.access import SYSTEM, visible
from resolvers.context import Context
from resolvers.models.bins import binned
from resolvers.writes import Transaction

LATE = timedelta(hours=1)
"""How long after its end a day is waited for: a prediction is stored after it began."""
DAY = timedelta(days=1)
TENTHS = 10
AT_ONCE = 500
"""Rows of one statement."""


@dataclass
class Figures:
    """Of a version on one day."""

    owner_id: UUID
    total: int = 0
    failed: int = 0
    sum_ms: float = 0.0
    max_ms: float = 0.0
    labels: dict[str, int] = field(default_factory=dict[str, int])
    confidences: list[float] = field(default_factory=lambda: [0.0] * TENTHS)

    def add(self, group: Any) -> None:
        self.total += group.number
        self.sum_ms += group.sum_ms or 0.0
        self.max_ms = max(self.max_ms, group.max_ms or 0.0)
        if group.status is PredictionStatus.FAILED:
            self.failed += group.number
        if group.label is not None:
            self.labels[group.label] = self.labels.get(group.label, 0) + group.number
        if group.tenth is not None:
            self.confidences[group.tenth] += group.number


async def roll_up(context: Context) -> None:
    """Add up each day that is over and was not yet, one transaction each.

    A day is added up once, before any of it is deleted. To do it again changes nothing.
    """
    end = midnight((utcnow() - LATE).date())
    while (day := await _next(context, end)) is not None:
        await context.written(lambda write, day=day: add_up(write, day))


async def add_up(write: Transaction, day: date) -> None:
    """Store the figures of a day, instead of those that are there."""
    first, end = first_id(midnight(day)), first_id(midnight(day) + DAY)
    found = await write.session.execute(_groups(first, end))
    figures: dict[UUID, Figures] = {}
    for group in found:
        known = figures.setdefault(group.version_id, Figures(group.owner_id))
        known.add(group)
    rows = [
        {"id": uuid7(), "model_version_id": version, "day": day, **vars(one)}
        for version, one in figures.items()
    ]
    for start in range(0, len(rows), AT_ONCE):
        put = _put(write.writing.dialect)
        await write.session.execute(put, rows[start : start + AT_ONCE])


def midnight(day: date) -> datetime:
    """When a day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


async def _next(context: Context, end: datetime) -> date | None:
    """The first day with predictions after those that were added up, if it is over."""
    last = visible(SYSTEM, PredictionStats).with_only_columns(
        sa.func.max(PredictionStats.day)
    )
    async with context.database.read() as session:
        known = await session.scalar(last)
        start = midnight(known) + DAY if known else datetime.fromtimestamp(0, UTC)
        rest = visible(SYSTEM, Prediction).where(
            Prediction.id >= first_id(start), Prediction.id < first_id(end)
        )
        rest = rest.with_only_columns(Prediction.id).order_by(Prediction.id).limit(1)
        found = await session.scalar(rest)
    if found is None:
        return None
    return datetime.fromtimestamp((found.int >> 80) / 1_000, UTC).date()


def _groups(first: UUID, end: UUID) -> Any:
    """The predictions of a day, counted by all that its figures tell apart."""
    of = Prediction
    tenth = binned(of.confidence, TENTHS)
    group = (of.model_version_id, ModelVersion.owner_id, of.status, of.label, tenth)
    rows = visible(SYSTEM, of).where(of.id >= first, of.id < end)
    rows = rows.join(ModelVersion, ModelVersion.id == of.model_version_id)
    return rows.with_only_columns(
        of.model_version_id.label("version_id"),
        ModelVersion.owner_id,
        of.status,
        of.label,
        tenth.label("tenth"),
        sa.func.count().label("number"),
        sa.func.sum(of.inference_time_ms).label("sum_ms"),
        sa.func.max(of.inference_time_ms).label("max_ms"),
    ).group_by(*group)


def _put(dialect: str) -> Any:
    speech: Any = {"postgresql": postgresql, "sqlite": sqlite}[dialect]
    insert = speech.insert(PredictionStats)
    now = {one.name: insert.excluded[one.name] for one in fields(Figures)}
    return insert.on_conflict_do_update(
        index_elements=["model_version_id", "day"], set_=now
    )
