"""Anomalies, and who has seen them."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any

import strawberry
from strawberry.scalars import JSON

from db import models
from resolvers.monitoring import anomalies
from resolvers.platform import feeds
from schema.analyses.analyses import Analysis
from schema.connections import Connection
from schema.datasets.datasets import Dataset
from schema.edges import found, listed, to_one
from schema.enums import Severity
from schema.ids import row_id
from schema.lists.monitoring import AnomalyFilter, AnomalyOrder
from schema.monitoring.points import MonitorPoint
from schema.nodes import After, Entity, Info
from schema.perform import Payload, perform
from schema.refs import UserRef

OfAnalysis = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="The analysis whose anomalies: all, if not said."),
]


@strawberry.type
class Anomaly(Entity, of=models.Anomaly):
    """A point that lies further from normal than its analysis allows."""

    created_at: datetime
    process_order: int
    timestamp: datetime
    severity: Severity
    distance: float
    threshold: float
    features: JSON
    meta: JSON = strawberry.field(name="metadata")
    acknowledged: bool
    acknowledged_at: datetime | None
    acknowledged_by: UserRef | None = to_one(models.Anomaly.acknowledged_by)
    """Whoever saw it first."""
    monitor_point: MonitorPoint = to_one(models.Anomaly.monitor_point_id)
    """The point."""
    analysis: Analysis = to_one(models.Anomaly.analysis_id)
    """The analysis that found it."""
    dataset: Dataset = to_one(models.Anomaly.dataset_id)
    """The dataset that says what is normal."""


@strawberry.input
class AnomalyAcknowledgeInput:
    """An anomaly that somebody has seen."""

    id: strawberry.ID
    """The anomaly."""


@strawberry.type
class AnomalyAcknowledgePayload(Payload):
    """The anomaly, once it is acknowledged."""

    anomaly: Anomaly | None
    """Null where there are errors."""


@strawberry.input
class AnomaliesAcknowledgeInput:
    """Anomalies that somebody has seen."""

    filter: AnomalyFilter
    """Which; all of its conditions must hold."""


@strawberry.type
class AnomaliesAcknowledgePayload(Payload):
    """How many were acknowledged."""

    acknowledged_count: int
    """Anomalies that nobody had acknowledged before."""


@strawberry.type
class AnomalyDetectedPayload:
    """An anomaly, and where to go on after it."""

    cursor: str
    """Pass it as `after` when you subscribe again."""
    anomaly: Anomaly
    """The anomaly."""


@strawberry.type
class Query:
    anomaly: Anomaly | None = found(models.Anomaly)
    """An anomaly of yours."""
    anomalies: Connection[Anomaly] = listed(models.Anomaly, AnomalyFilter, AnomalyOrder)
    """Your anomalies."""


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def anomaly_acknowledge(
        self, info: Info, input: AnomalyAcknowledgeInput
    ) -> AnomalyAcknowledgePayload:
        """Say that somebody has seen an anomaly; whoever was first stays the one."""
        id_ = row_id(input.id, models.Anomaly)
        done = await perform(info, anomalies.acknowledge, id_)
        return AnomalyAcknowledgePayload(anomaly=done.row, **done.told)

    @strawberry.mutation
    async def anomalies_acknowledge(
        self, info: Info, input: AnomaliesAcknowledgeInput
    ) -> AnomaliesAcknowledgePayload:
        """Say that somebody has seen all anomalies that a filter chooses."""
        conditions = input.filter.conditions(models.Anomaly)
        done = await perform(info, anomalies.acknowledge_all, conditions)
        count = len(done.row or ())
        return AnomaliesAcknowledgePayload(acknowledged_count=count, **done.told)


@strawberry.type
class Subscription:
    @strawberry.subscription
    def anomaly_detected(
        self,
        info: Info,
        analysis: OfAnalysis = None,
        after: After = None,
    ) -> AsyncIterator[AnomalyDetectedPayload]:
        """Anomalies as they are found: from now on, or all after a cursor."""
        id_ = None if analysis is None else row_id(analysis, models.Analysis)

        def shown(place: int, row: Any) -> AnomalyDetectedPayload:
            return AnomalyDetectedPayload(cursor=feeds.cursor(place), anomaly=row)

        return anomalies.watch(info.context, id_, after).shown(shown)
