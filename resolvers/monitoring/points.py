"""New points: scored against a map, stored in order, and judged by the rules."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from compute.remote import SCORED
from compute.results import Scored, Unfit
from db.base import utcnow
from db.models import (
    Analysis,
    AnalysisKind,
    AnalysisStatus,
    Anomaly,
    MonitorPoint,
    ReductionResult,
    Severity,
)
from resolvers.access import Actor, Permission, require, visible
from resolvers.context import Context
from resolvers.documents import described
from resolvers.errors import Conflict, Invalid, Missing
from resolvers.lists import Listing
from resolvers.monitoring.judging import judge
from resolvers.writes import Transaction

FOUND = "anomaly"
"""The kept event of an anomaly."""
HIGHEST = 2**31 - 1
METADATA = 16 * 1024
"""Bytes of a point's metadata."""


@dataclass(frozen=True, slots=True)
class Given:
    """A point as it was sent."""

    values: list[float]
    process_order: int | None = None
    timestamp: datetime | None = None
    meta: Any = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Points with their scores: two batches of the same points are the same."""

    points: Sequence[Given]
    scores: Scored = field(compare=False)
    result_id: UUID = field(compare=False)
    """The map that the scores are of."""

    @property
    def anomalies(self) -> int:
        return sum(one is not None for one in self.scores.severity)


def topic(analysis_id: UUID) -> str:
    """What listeners to an analysis's points listen for."""
    return f"points.{analysis_id}"


async def scored(context: Context, id_: UUID, points: Sequence[Given]) -> Batch:
    """Place and score points, before anything is written. Raises Invalid or Missing."""
    require(context.actor, Permission.EDIT_ANALYSES)
    most = context.equipment.policy.ingest_points
    if not 1 <= len(points) <= most:
        said = f"from 1 to {most} points are taken at once, not {len(points)}"
        raise Invalid(said, "points")
    for place, point in enumerate(points):
        described(point.meta, METADATA, "points", str(place), "metadata")
    analysis = await context.loaders.row(Analysis).load(id_)
    if analysis is None:
        raise Missing("no Analysis has this id", "analysis")
    require_running(analysis)
    maps = context.loaders.row(ReductionResult)
    result = analysis.dinsight_id and await maps.load(analysis.dinsight_id)
    if not result:
        raise Conflict("the map this was to watch against is gone", "analysis")
    _require_width(points, result.feature_count)
    async with context.equipment.store.local(result.reference_path) as path:
        rows = [point.values for point in points]
        given = (str(path), result.reference_sha256, rows, analysis.sensitivity)
        try:
            scores = await context.compute.run(SCORED, *given)
        except Unfit as error:
            where = [] if error.place is None else [str(error.place), "values"]
            raise Invalid(error.reason, "points", *where) from error
    return Batch(points, scores, result.id)


def _require_width(points: Sequence[Given], width: int) -> None:
    """Raises Invalid for the first point that has not a number for each feature."""
    for place, point in enumerate(points):
        if len(point.values) != width:
            said = f"a point has {width} values on this map, not {len(point.values)}"
            raise Invalid(said, "points", str(place), "values")


def require_running(analysis: Analysis) -> None:
    """Raises Conflict unless the analysis takes points."""
    if analysis.kind is not AnalysisKind.MONITORING:
        raise Conflict(
            f"a {analysis.kind} analysis takes no points; make a monitoring analysis",
            "analysis",
        )
    if analysis.status is not AnalysisStatus.RUNNING:
        said = f"this analysis is {analysis.status}; run it before it takes points"
        raise Conflict(said, "analysis")


async def ingest(write: Transaction, id_: UUID, batch: Batch) -> Analysis:
    """Store points after those that are there, and what was found in them.

    The analysis is locked, so that batches follow each other.
    """
    require(write.actor, Permission.EDIT_ANALYSES)
    analysis = await write.get(Analysis, id_, "analysis")
    require_running(analysis)
    if analysis.dinsight_id != batch.result_id:
        raise Conflict("the map this was to watch against is gone", "analysis")
    orders = await _orders(write, analysis, batch.points)
    stored = _rows(analysis, batch, orders)
    await write.fill(MonitorPoint, stored)
    found = _anomalies(analysis, stored, batch.scores)
    if found:
        await write.fill(Anomaly, found)
    for one in found:
        write.remembered.append((FOUND, analysis.owner_id, one["id"]))
    write.note(analysis, "points", None, f"{orders[0]} to {orders[-1]}")
    write.note(analysis, "anomalies", None, len(found))
    write.announce(topic(id_), analysis)
    await judge(write, analysis, stored, found)
    return analysis


async def last_order(context: Context, analysis: Analysis | None) -> int | None:
    """The place of an analysis's last point."""
    if analysis is None:
        return None
    newest = Listing(size=1, order="process_order")
    key: Any = MonitorPoint.analysis_id
    page = await context.loaders.page(MonitorPoint, key, newest).load(analysis.id)
    return page.rows[0][0].process_order if page.rows else None


async def _orders(
    write: Transaction, analysis: Analysis, points: Sequence[Given]
) -> list[int]:
    """The place of each point. Raises Invalid for one that does not follow."""
    [(at,)] = await write.run(_last, analysis=analysis.id)
    at = -1 if at is None else at
    orders: list[int] = []
    for place, point in enumerate(points):
        order = at + 1 if point.process_order is None else point.process_order
        where = ("points", str(place), "process_order")
        if order > HIGHEST:
            raise Invalid(f"a process order is at most {HIGHEST}, not {order}", *where)
        if order <= at:
            said = f"process order {order} does not follow {at}; more is expected"
            raise Invalid(said, *where)
        orders.append(at := order)
    return orders


def _last(actor: Actor) -> sa.Select[int]:
    """The place of an analysis's last point."""
    mine = visible(actor, MonitorPoint, by_key=True).where(
        MonitorPoint.analysis_id == sa.bindparam("analysis", type_=sa.Uuid())
    )
    return mine.with_only_columns(sa.func.max(MonitorPoint.process_order))


def _rows(analysis: Analysis, batch: Batch, orders: list[int]) -> list[dict[str, Any]]:
    now, scores = utcnow(), batch.scores
    return [
        {
            "id": uuid7(),
            "created_at": now,
            "owner_id": analysis.owner_id,
            "analysis_id": analysis.id,
            "dinsight_id": analysis.dinsight_id,
            "process_order": order,
            "timestamp": point.timestamp or now,
            "monitor_values": point.values,
            "x": scores.x[place],
            "y": scores.y[place],
            "distance": scores.distance[place],
            "threshold": scores.threshold,
            "residual": scores.residual[place],
            "meta": point.meta or {},
        }
        for place, (point, order) in enumerate(zip(batch.points, orders, strict=True))
    ]


def _anomalies(
    analysis: Analysis, stored: list[dict[str, Any]], scores: Scored
) -> list[dict[str, Any]]:
    kept = ("created_at", "owner_id", "analysis_id", "process_order", "timestamp")
    return [
        {
            "id": uuid7(),
            **{name: stored[place][name] for name in (*kept, "distance", "meta")},
            "dataset_id": analysis.dataset_id,
            "monitor_point_id": stored[place]["id"],
            "threshold": scores.threshold,
            "severity": Severity(severity),
            "features": scores.responsible[place],
            "acknowledged": False,
        }
        for place, severity in enumerate(scores.severity)
        if severity is not None
    ]
