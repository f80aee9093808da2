"""Points that are watched against a map."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any

import strawberry
from strawberry.scalars import JSON

from db import models
from resolvers.monitoring import arrivals, points
from resolvers.platform.actions import Done, accounted
from schema.analyses.analyses import Analysis
from schema.analyses.results import ReductionResult
from schema.connections import Connection
from schema.edges import found, listed, to_one
from schema.ids import row_id
from schema.lists.monitoring import MonitorPointFilter, MonitorPointOrder
from schema.nodes import Entity, Info
from schema.perform import Creation, Keyed, Performed, perform_once

OfAnalysis = Annotated[
    strawberry.ID, strawberry.argument(description="The analysis whose points.")
]
Place = Annotated[
    int | None,
    strawberry.argument(
        description="The process order of the last point that you have."
    ),
]


@strawberry.type
class MonitorPoint(Entity, of=models.MonitorPoint):
    """A new row, placed on the map of an analysis and scored against it."""

    created_at: datetime
    process_order: int
    timestamp: datetime
    x: float
    y: float
    distance: float
    threshold: float
    residual: float
    meta: JSON = strawberry.field(name="metadata")
    analysis: Analysis = to_one(models.MonitorPoint.analysis_id)
    """The analysis that it was sent to."""
    reduction_result: ReductionResult = to_one(models.MonitorPoint.dinsight_id)
    """The map that it lies on."""

    @strawberry.field
    def monitor_values(self) -> list[float]:
        """What was measured, feature by feature."""
        row: Any = self
        return row.monitor_values


@strawberry.input
class MonitorPointInput:
    """One row of measurements."""

    values: list[float]
    """A number for each feature of the map, in its order."""
    process_order: int | None = None
    """Its place in the process, after all that came before; the next, if not said."""
    timestamp: datetime | None = None
    """When it was measured; now, if not said."""
    metadata: JSON | None = None
    """Whatever you want to keep with it: an object."""


@strawberry.input
class MonitorPointsIngestInput(Keyed):
    """Rows of measurements, in order of the process."""

    analysis_id: strawberry.ID = strawberry.field(name="analysis")
    """A monitoring analysis that is running."""
    points: list[MonitorPointInput]
    """Of 1 to 1,000 rows. For more there is POST /analyses/{id}/points."""


@strawberry.type
class MonitorPointsIngestPayload(Creation):
    """What became of the points: all were stored, or none."""

    analysis: Analysis | None
    """Null where there are errors."""
    accepted: int
    """Points that were stored."""
    anomaly_count: int
    """Anomalies among them."""
    last_process_order: int | None
    """The place of the last point of the analysis."""


@strawberry.type
class Query:
    monitor_point: MonitorPoint | None = found(models.MonitorPoint)
    """A point of yours."""
    monitor_points: Connection[MonitorPoint] = listed(
        models.MonitorPoint, MonitorPointFilter, MonitorPointOrder
    )
    """Your points."""


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def monitor_points_ingest(
        self, info: Info, input: MonitorPointsIngestInput
    ) -> MonitorPointsIngestPayload:
        """Store points, score them, and raise what alerts follow."""
        id_ = row_id(input.analysis_id, models.Analysis)
        given = [
            points.Given(
                values=one.values,
                process_order=one.process_order,
                timestamp=one.timestamp,
                meta=one.metadata,
            )
            for one in input.points
        ]
        scored = points.scored(info.context, id_, given)
        batch = await accounted(info.context, info.field_name, scored)
        if isinstance(batch, Done):
            done, stored = Performed(batch), None
        else:
            done = await perform_once(info, input, points.ingest, id_, batch)
            stored = batch if done.row else None
        return MonitorPointsIngestPayload(
            analysis=done.row,
            accepted=len(given) if stored else 0,
            anomaly_count=stored.anomalies if stored else 0,
            last_process_order=await points.last_order(info.context, done.row),
            **done.created,
        )


@strawberry.type
class Subscription:
    @strawberry.subscription(graphql_type=MonitorPoint)
    def monitor_point_added(
        self, info: Info, analysis: OfAnalysis, after: Place = None
    ) -> AsyncIterator[models.MonitorPoint]:
        """An analysis's points in order: from now on, or all after a process order."""
        id_ = row_id(analysis, models.Analysis)
        return arrivals.watch(info.context, id_, after)
