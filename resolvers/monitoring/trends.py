"""Wear: whether what is watched departs from normal further and further."""

from typing import Any

from compute.remote import TREND
from compute.trend import Trend
from db.models import Analysis, AnalysisKind, MonitorPoint
from resolvers.access import visible
from resolvers.context import Context
from resolvers.errors import BadRequest, patient

MOST = 100_000
"""The most points that a trend is found of."""
AT_ONCE = 1_000
"""Points that are read before others have their turn."""


async def wear(context: Context, analysis: Analysis, by: str) -> Trend:
    """How the distance of an analysis's points runs along a number in their metadata.

    Raises BadRequest, naming it, where it is no number or does not tell a trend.
    """
    if analysis.kind is not AnalysisKind.MONITORING:
        raise BadRequest(f"a {analysis.kind} analysis has no points to wear")
    order: list[float] = []
    distance: list[float] = []
    threshold = 0.0
    for row in await _points(context, analysis):
        order.append(_number(row, by))
        distance.append(row.distance)
        threshold = row.threshold
    try:
        return await context.compute.run(TREND, order, distance, threshold)
    except ValueError as error:
        raise BadRequest(f"no trend by {by!r}: {error}") from error


async def _points(context: Context, analysis: Analysis) -> list[Any]:
    rows = visible(context.actor, MonitorPoint, by_key=True).where(
        MonitorPoint.analysis_id == analysis.id
    )
    shown = rows.with_only_columns(
        MonitorPoint.process_order,
        MonitorPoint.meta,
        MonitorPoint.distance,
        MonitorPoint.threshold,
    )
    query = shown.order_by(MonitorPoint.process_order).limit(MOST + 1)
    found: list[Any] = []
    with patient():
        async with context.read() as session:
            stream = await session.stream(query)
            async for part in stream.partitions(AT_ONCE):
                found += part
    if len(found) > MOST:
        raise BadRequest(f"a trend is found of at most {MOST} points")
    return found


def _number(row: Any, by: str) -> float:
    value = row.meta.get(by)
    if isinstance(value, bool) or not isinstance(value, int | float):
        where = f"the metadata of point {row.process_order}"
        said = f"is {value!r}" if by in row.meta else "is missing"
        raise BadRequest(f"{by!r} {said} in {where}; a number is expected in each")
    return float(value)
