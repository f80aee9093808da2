"""How models are trained."""

from collections.abc import AsyncIterator
from datetime import datetime

import strawberry
from strawberry.scalars import JSON

from db import models
from resolvers import tasks
from resolvers.models import training
from resolvers.models.outcomes import Outcome
from schema.connections import Connection
from schema.datasets.datasets import Dataset
from schema.datasets.versions import DatasetVersion
from schema.edges import formula, found, listed, to_one
from schema.enums import JobStatus
from schema.ids import row_id, said_id
from schema.lists.registry import TrainingJobFilter, TrainingJobOrder
from schema.models.models import Model
from schema.models.plans import (
    TrainingJobCancelInput,
    TrainingJobRetryInput,
    TrainingJobStartInput,
)
from schema.models.versions import ModelVersion
from schema.nodes import Entity, Info
from schema.perform import Creation, Payload, perform, perform_once
from schema.platform.jobs import Job
from schema.reads import costing


@strawberry.type
class TrainingJob(Entity, of=models.TrainingJob):
    """The training of a model. It is kept, whatever becomes of data and model."""

    created_at: datetime
    updated_at: datetime
    version: int
    dataset_name: str
    dataset_digest: str
    model_name: str
    status: JobStatus
    attempt: int
    progress: float | None = formula(models.TrainingJob, training.progress)
    config: JSON
    accuracy: float | None
    precision: float | None
    recall: float | None
    f1_score: float | None
    figures: JSON | None
    error_message: str | None
    started_at: datetime | None
    completed_at: datetime | None
    dataset: Dataset | None = to_one(models.TrainingJob.dataset_id)
    """What it learns from; null once that was deleted."""
    dataset_version: DatasetVersion | None = to_one(
        models.TrainingJob.dataset_version_id
    )
    """The version that it learns from; null once that was deleted."""
    model: Model | None = to_one(models.TrainingJob.model_id)
    """The model that it makes a version of; null once that was deleted."""
    model_version: ModelVersion | None = to_one(models.TrainingJob.model_version_id)
    """The version that came of it."""
    job: Job | None = to_one(models.TrainingJob.job_id)
    """The job that a worker does, with its progress and its log."""


@strawberry.type
class TrainingJobProgressPayload:
    """How far a training job is, and what its log has said since this was last told."""

    training_job: TrainingJob
    """The training job as it stands."""
    lines: list[str]
    """New lines of its log, each with its time of day; at first, all that there are."""


@strawberry.type
class TrainingJobStartPayload(Creation):
    """The training job, which waits for a worker."""

    training_job: TrainingJob | None
    """Null where there are errors."""


@strawberry.type
class TrainingJobPayload(Payload):
    """The training job, once it is changed."""

    training_job: TrainingJob | None
    """Null where there are errors."""


@strawberry.type
class TrainingJobCancelPayload(TrainingJobPayload):
    """The training job, stopped or about to be."""


@strawberry.type
class TrainingJobRetryPayload(TrainingJobPayload):
    """The training job, which waits for a worker again."""


@strawberry.type
class Query:
    training_job: TrainingJob | None = found(models.TrainingJob)
    """A training job of yours."""
    training_jobs: Connection[TrainingJob] = listed(
        models.TrainingJob, TrainingJobFilter, TrainingJobOrder
    )
    """Your training jobs."""


@strawberry.type
class Mutation:
    @strawberry.mutation(metadata=costing(100))
    async def training_job_start(
        self, info: Info, input: TrainingJobStartInput
    ) -> TrainingJobStartPayload:
        """Have a version of a model trained, and judged on rows that it has not seen.

        What the profile of the data shows to be wrong is told at once.
        """
        source = training.Source(
            dataset_id=said_id(input.dataset_id, models.Dataset),
            version_id=said_id(input.dataset_version_id, models.DatasetVersion),
        )
        outcome = Outcome(
            model_id=said_id(input.model_id, models.Model),
            model_name=input.model_name,
            label=input.label,
            alias=input.alias,
        )
        given = (input.plan, source, outcome)
        done = await perform_once(info, input, training.start, *given)
        return TrainingJobStartPayload(training_job=done.row, **done.created)

    @strawberry.mutation
    async def training_job_cancel(
        self, info: Info, input: TrainingJobCancelInput
    ) -> TrainingJobCancelPayload:
        """Stop: at once while it waits, soon while a worker is at it."""
        id_ = row_id(input.id, models.TrainingJob)
        done = await perform(info, tasks.cancel_training, id_)
        return TrainingJobCancelPayload(training_job=done.row, **done.told)

    @strawberry.mutation(metadata=costing(100))
    async def training_job_retry(
        self, info: Info, input: TrainingJobRetryInput
    ) -> TrainingJobRetryPayload:
        """Do one again that failed or was cancelled."""
        id_ = row_id(input.id, models.TrainingJob)
        done = await perform(info, training.retry, id_)
        return TrainingJobRetryPayload(training_job=done.row, **done.told)


@strawberry.type
class Subscription:
    @strawberry.subscription(graphql_type=TrainingJobProgressPayload)
    def training_job_progress(
        self, info: Info, id: strawberry.ID
    ) -> AsyncIterator[training.Progress]:
        """A training job as it stands, then whenever it has got further, to its end."""
        return training.follow(info.context, row_id(id, models.TrainingJob))
