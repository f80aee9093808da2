"""Analyses, and what is done with them."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import strawberry
from strawberry.scalars import JSON

from compute.trend import Trend
from db import models
from resolvers import tasks
from resolvers.analyses import analyses
from resolvers.monitoring import trends
from resolvers.sources import states
from schema.analyses.configs import ReductionConfig
from schema.analyses.results import ReductionResult
from schema.analyses.trends import By, WearTrend
from schema.connections import Connection
from schema.datasets.datasets import Dataset
from schema.datasets.uploads import FileUpload
from schema.datasets.versions import DatasetVersion
from schema.edges import found, listed, to_many, to_one
from schema.enums import AnalysisKind, AnalysisStatus
from schema.ids import row_id, said_id
from schema.lists.analyses import AnalysisFilter, AnalysisOrder
from schema.lists.monitoring import (
    AlertFilter,
    AlertOrder,
    AnomalyFilter,
    AnomalyOrder,
    MonitorPointFilter,
    MonitorPointOrder,
)
from schema.nodes import Entity, Info
from schema.perform import Creation, Keyed, Payload, perform, perform_once
from schema.platform.jobs import Job
from schema.reads import costing
from schema.refs import AlertRef, AnomalyRef, MonitorPointRef


@strawberry.type
class Analysis(Entity, of=models.Analysis):
    """A question put to data, and what came of it."""

    created_at: datetime
    updated_at: datetime
    version: int
    name: str
    kind: AnalysisKind
    status: AnalysisStatus
    sensitivity: float
    results: JSON | None
    error_message: str | None
    completed_at: datetime | None
    dataset: Dataset | None = to_one(models.Analysis.dataset_id)
    """What it is of; null once that was deleted."""
    dataset_version: DatasetVersion | None = to_one(models.Analysis.dataset_version_id)
    """The version that it is of."""
    file_upload: FileUpload | None = to_one(models.Analysis.file_upload_id)
    """The file that it is of."""
    config: ReductionConfig | None = to_one(models.Analysis.config_id)
    """The parameters of its map."""
    reduction_result: ReductionResult | None = to_one(models.Analysis.dinsight_id)
    """The map that it made, or that it watches points against."""
    job: Job | None = to_one(models.Analysis.job_id)
    """The job that runs it, or ran it last."""
    monitor_points: Connection[MonitorPointRef] = to_many(
        models.MonitorPoint.analysis_id, MonitorPointFilter, MonitorPointOrder
    )
    """The points that it was sent."""
    anomalies: Connection[AnomalyRef] = to_many(
        models.Anomaly.analysis_id, AnomalyFilter, AnomalyOrder
    )
    """Those of them that are not as they should be."""
    alerts: Connection[AlertRef] = to_many(
        models.Alert.analysis_id, AlertFilter, AlertOrder
    )
    """What somebody was told of them."""

    @strawberry.field(graphql_type=WearTrend, metadata=costing(100))
    async def wear_trend(self, info: Info, by: By) -> Trend:
        """Whether its points, at most 100,000, depart from normal more and more."""
        row: Any = self
        return await trends.wear(info.context, row, by)


@strawberry.input
class AnalysisCreateInput(Keyed):
    """What to ask, of what."""

    kind: AnalysisKind
    """What it does."""
    name: str | None = None
    """What to call it, up to 255 characters; made of kind and dataset, if not said."""
    dataset_id: strawberry.ID | None = strawberry.field(name="dataset", default=None)
    """A dataset that was processed. A monitoring analysis has its reference's."""
    config_id: strawberry.ID | None = strawberry.field(name="config", default=None)
    """Parameters of a map: your newest, or else the server's, if not said."""
    reference_id: strawberry.ID | None = strawberry.field(
        name="reference", default=None
    )
    """For monitoring: the map that new points are compared with."""
    sensitivity: float = 3.0
    """For monitoring: 0.5 hardly ever calls a point an anomaly, 5 soon, 3 is usual."""


@strawberry.input
class AnalysisRunInput:
    """An analysis to run."""

    id: strawberry.ID
    """The analysis."""


@strawberry.input
class AnalysisCancelInput:
    """An analysis to stop."""

    id: strawberry.ID
    """The analysis."""


@strawberry.input
class AnalysisDeleteInput:
    """An analysis to delete."""

    id: strawberry.ID
    """The analysis."""


@strawberry.type
class AnalysisCreatePayload(Creation):
    """The analysis, once it is described."""

    analysis: Analysis | None
    """Null where there are errors."""


@strawberry.type
class AnalysisPayload(Payload):
    """The analysis, once it is changed."""

    analysis: Analysis | None
    """Null where there are errors."""


@strawberry.type
class AnalysisRunPayload(AnalysisPayload):
    """The analysis, which waits for a worker or takes points."""


@strawberry.type
class AnalysisCancelPayload(AnalysisPayload):
    """The analysis, stopped or about to be."""


@strawberry.type
class AnalysisDeletePayload(Payload):
    """The id of what is gone."""

    deleted_id: strawberry.ID | None
    """Null where there are errors."""


@strawberry.type
class Query:
    analysis: Analysis | None = found(models.Analysis)
    """An analysis of yours."""
    analyses: Connection[Analysis] = listed(
        models.Analysis, AnalysisFilter, AnalysisOrder
    )
    """Your analyses."""


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def analysis_create(
        self, info: Info, input: AnalysisCreateInput
    ) -> AnalysisCreatePayload:
        """Describe an analysis; run it with analysisRun."""
        done = await perform_once(
            info,
            input,
            analyses.create,
            input.kind,
            input.name,
            dataset_id=said_id(input.dataset_id, models.Dataset),
            config_id=said_id(input.config_id, models.ReductionConfig),
            reference_id=said_id(input.reference_id, models.ReductionResult),
            sensitivity=input.sensitivity,
        )
        return AnalysisCreatePayload(analysis=done.row, **done.created)

    @strawberry.mutation(metadata=costing(100))
    async def analysis_run(
        self, info: Info, input: AnalysisRunInput
    ) -> AnalysisRunPayload:
        """Begin: a worker makes the map, or monitoring takes points from now on."""
        id_ = row_id(input.id, models.Analysis)
        done = await perform(info, analyses.run, id_)
        return AnalysisRunPayload(analysis=done.row, **done.told)

    @strawberry.mutation
    async def analysis_cancel(
        self, info: Info, input: AnalysisCancelInput
    ) -> AnalysisCancelPayload:
        """Stop: the job ends without result, or monitoring takes no more points."""
        id_ = row_id(input.id, models.Analysis)
        done = await perform(info, tasks.cancel_analysis, id_)
        return AnalysisCancelPayload(analysis=done.row, **done.told)

    @strawberry.mutation
    async def analysis_delete(
        self, info: Info, input: AnalysisDeleteInput
    ) -> AnalysisDeletePayload:
        """Delete an analysis, with its points and anomalies."""
        id_ = row_id(input.id, models.Analysis)
        done = await perform(info, analyses.delete, id_)
        gone = None if done.row is None else input.id
        return AnalysisDeletePayload(deleted_id=gone, **done.told)


@strawberry.type
class Subscription:
    @strawberry.subscription(graphql_type=Analysis)
    def analysis_progress(
        self, info: Info, id: strawberry.ID
    ) -> AsyncIterator[models.Analysis]:
        """An analysis as it stands, then whenever it has got further, to its end."""
        id_ = row_id(id, models.Analysis)
        return states(lambda: analyses.follow(info.context, id_))
