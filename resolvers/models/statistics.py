"""How models are used, in figures: each answer is made of one statement's rows.

A day whose predictions are gone, all or some, counts as it was rolled up.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa

from db.base import first_id, utcnow
from db.dialects import say
from db.models import Prediction, PredictionStats, PredictionStatus
from resolvers.access import visible
from resolvers.context import Context
from resolvers.errors import BadRequest, patient

MOST = 3_660
"""Days."""
SHARES = (50, 95, 99)
"""Percentiles."""
LEEWAY = timedelta(days=1)
"""How much earlier than its moment the id of a prediction may have been made."""


@dataclass(slots=True)
class Day:
    """Predictions of one day."""

    total: int = 0
    failed: int = 0
    sum_ms: float = 0.0
    timed: int = 0
    """Those whose time is known."""
    labels: Counter[str] = field(default_factory=Counter[str])

    def add(self, other: "Day") -> None:
        self.total += other.total
        self.failed += other.failed
        self.sum_ms += other.sum_ms
        self.timed += other.timed
        self.labels += other.labels

    @property
    def average_ms(self) -> float | None:
        return self.sum_ms / self.timed if self.timed else None


@dataclass(frozen=True, slots=True)
class Statistics:
    """A version's predictions in figures."""

    all: Day
    percentiles: tuple[float | None, ...]
    """Milliseconds, for each of SHARES, of the predictions that are still kept."""


Days = dict[UUID, dict[str, Day]]
"""For each version the days on which it was asked."""


async def of_versions(
    context: Context, ids: Sequence[UUID], days: int | None
) -> list[Statistics]:
    """The figures of some versions, of so many days up to now or of all time."""
    since = _since(days)
    of_live = _recent(Prediction, context, since).where(
        Prediction.model_version_id.in_(ids)
    )
    of_gone = _rolled_up(context, since).where(
        PredictionStats.model_version_id.in_(ids)
    )
    parts = (_live(of_live), _gone(of_gone), _percentiles(of_live))
    rows = await _rows(context, parts)
    found, empty = _days(rows), (None,) * len(SHARES)
    spread = {row.version: (row.p50, row.p95, row.p99) for row in rows if not row.day}
    return [
        Statistics(_all(found[id_].values()), spread.get(id_, empty)) for id_ in ids
    ]


async def usage(context: Context, owner_id: UUID, days: int) -> list[tuple[str, Day]]:
    """What an owner's models were asked on each day, the newest first."""
    since = _since(days)
    of_live = _recent(Prediction, context, since).where(Prediction.owner_id == owner_id)
    of_gone = _rolled_up(context, since).where(PredictionStats.owner_id == owner_id)
    found = _days(await _rows(context, (_live(of_live), _gone(of_gone))))
    by_day: dict[str, list[Day]] = defaultdict(list)
    for each in found.values():
        for name, day in each.items():
            by_day[name].append(day)
    return [(name, _all(by_day[name])) for name in sorted(by_day, reverse=True)]


def _since(days: int | None) -> datetime | None:
    if days is None:
        return None
    if not 1 <= days <= MOST:
        raise BadRequest(f"figures are of 1 to {MOST} days, not of {days}")
    return utcnow() - timedelta(days=days)


def _recent(model: Any, context: Context, since: datetime | None) -> sa.Select[Any]:
    rows = visible(context.actor, model, by_key=True)
    if since is None:
        return rows
    return rows.where(model.created_at >= since, model.id >= first_id(since - LEEWAY))


def _rolled_up(context: Context, since: datetime | None) -> sa.Select[Any]:
    rows = visible(context.actor, PredictionStats, by_key=True)
    return rows if since is None else rows.where(PredictionStats.day > since.date())


def _live(rows: sa.Select[Any]) -> sa.Select[Any]:
    """By version, day and label."""
    failed = sa.case((Prediction.status == PredictionStatus.FAILED, 1))
    by = {
        "version": Prediction.model_version_id,
        "day": say("day", Prediction.created_at),
        "label": Prediction.label,
    }
    part = _part(
        rows,
        **by,
        total=sa.func.count(),
        failed=sa.func.count(failed),
        sum_ms=sa.func.sum(Prediction.inference_time_ms),
        timed=sa.func.count(Prediction.inference_time_ms),
    )
    return part.group_by(*by.values())


def _gone(rows: sa.Select[Any]) -> sa.Select[Any]:
    """By version and day, of the days that are rolled up."""
    stats = PredictionStats
    return _part(
        rows,
        version=stats.model_version_id,
        day=sa.cast(stats.day, sa.Text),
        labels=sa.cast(stats.labels, sa.Text),
        total=stats.total,
        failed=stats.failed,
        sum_ms=stats.sum_ms,
        timed=stats.total,
    )


def _percentiles(rows: sa.Select[Any]) -> sa.Select[Any]:
    """By version, between the two nearest times, as percentile_cont has it."""
    version, time = Prediction.model_version_id, Prediction.inference_time_ms
    place = sa.func.row_number().over(partition_by=version, order_by=time) - 1
    last = sa.func.count().over(partition_by=version) - 1
    placed = rows.where(time.is_not(None)).with_only_columns(
        version, time.label("time"), place.label("place"), last.label("last")
    )
    of = placed.subquery().c
    spread = {f"p{share}": _percentile(of, share) for share in SHARES}
    return _part(None, version=of.model_version_id, **spread).group_by(
        of.model_version_id
    )


def _percentile(of: Any, share: int) -> sa.ColumnElement[float]:
    at, rest = of.last * share // 100, of.last * share % 100 / 100.0
    low = sa.func.max(sa.case((of.place == at, of.time)))
    high = sa.func.max(sa.case((of.place == at + 1, of.time)))
    return low + sa.func.max(rest) * (sa.func.coalesce(high, low) - low)


COLUMNS: Mapping[str, Any] = {
    "version": sa.Uuid(),
    **dict.fromkeys(("day", "label", "labels"), sa.Text()),
    **dict.fromkeys(("total", "failed", "timed"), sa.BigInteger()),
    **dict.fromkeys(("sum_ms", *(f"p{share}" for share in SHARES)), sa.Double()),
}
"""What each part of a statement says, or leaves null."""


def _part(rows: Any, **columns: Any) -> Any:
    every = [
        columns.get(name, sa.cast(sa.null(), kind)).label(name)
        for name, kind in COLUMNS.items()
    ]
    return sa.select(*every) if rows is None else rows.with_only_columns(*every)


async def _rows(context: Context, parts: Iterable[Any]) -> Sequence[Any]:
    with patient():
        async with context.read() as session:
            return (await session.execute(sa.union_all(*parts))).all()


def _days(rows: Sequence[Any]) -> Days:
    """Each day as it is, or as it was rolled up if that is more."""
    live: Days = defaultdict(lambda: defaultdict(Day))
    for row in rows:
        if row.day and row.labels is None:
            labels = Counter({row.label: row.total} if row.label is not None else {})
            day = Day(row.total, row.failed, row.sum_ms or 0.0, row.timed, labels)
            live[row.version][row.day].add(day)
    for row in rows:
        if row.labels is not None and row.total > live[row.version][row.day].total:
            labels = Counter[str](orjson.loads(row.labels))
            rolled = Day(row.total, row.failed, row.sum_ms, row.timed, labels)
            live[row.version][row.day] = rolled
    return live


def _all(days: Iterable[Day]) -> Day:
    whole = Day()
    for day in days:
        whole.add(day)
    return whole
