"""Training jobs: begun, tried again, followed."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from compute.learning.plans import Plan
from db.models import (
    Dataset,
    DatasetVersion,
    Job,
    JobStatus,
    Model,
    TrainingJob,
)
from resolvers.access import Actor, Permission, require, visible
from resolvers.analyses.analyses import newest
from resolvers.billing.stocks import writable
from resolvers.context import Context
from resolvers.errors import Conflict, Invalid
from resolvers.models import outcomes, plans, versions
from resolvers.models.outcomes import Outcome
from resolvers.platform import jobs
from resolvers.writes import Transaction

TASK = "modelTrain"


@dataclass(frozen=True, slots=True)
class Source:
    """What is learnt from: a version, or the newest of a dataset."""

    dataset_id: UUID | None = None
    version_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """A training job as it stands, and what its log has said since."""

    training_job: TrainingJob
    lines: list[str] = field(default_factory=list[str])


async def start(
    write: Transaction, plan: Plan, source: Source, outcome: Outcome
) -> TrainingJob:
    """Have a model trained. What the data's profile shows to be wrong is told now."""
    owner_id = require(write.actor, Permission.EDIT_MODELS)
    require(write.actor, Permission.RUN_JOBS)
    version = await _data(write, source)
    dataset = await write.see(Dataset, version.dataset_id, "dataset")
    if version.owner_id != owner_id:
        raise Invalid("a model is trained on data of one's own", "dataset")
    columns = plans.columns_of(version)
    plans.require_sound(plan, columns)
    model = await outcomes.model_of(write, outcome, plans.purposes(plan, columns))
    training = TrainingJob(
        owner_id=owner_id,
        dataset_id=dataset.id,
        dataset_version_id=version.id,
        dataset_name=dataset.name,
        dataset_digest=version.sha256,
        model_id=model.id,
        model_name=model.name,
        config={
            **plans.written(plan),
            "label": versions.labelled(outcome.label),
            "alias": outcome.alias,
        },
    )
    return await _queued(write, await write.add(training))


async def retry(write: Transaction, id_: UUID) -> TrainingJob:
    """Have a training job done again that failed or was cancelled."""
    require(write.actor, Permission.RUN_JOBS)
    training = await write.get(TrainingJob, id_)
    write.move(training, JobStatus.QUEUED, JobStatus.FAILED, JobStatus.CANCELLED)
    if training.dataset_version_id is None:
        raise Conflict("the data that it learns from are gone", "id")
    if training.model_id is None:
        raise Conflict("the model that it makes a version of is gone", "id")
    await writable(write, Model, training.model_id, "id")
    training.attempt += 1
    training.error_message = training.started_at = training.completed_at = None
    return await _queued(write, training)


def progress(actor: Actor, training: Any) -> sa.ColumnElement[float]:
    """The share of its job that is done, from 0 to 1; null once that is forgotten."""
    jobs_ = visible(actor, Job, by_key=True).where(Job.id == training.job_id)
    return jobs_.with_only_columns(Job.progress).scalar_subquery()


async def follow(context: Context, id_: UUID) -> AsyncGenerator[Progress]:
    """A training job as it stands, then whenever it has got further, to its end.

    The first time with all lines of its log, then with those that are new.
    """
    training = await context.loaders.row(TrainingJob).load(id_)
    if training is None:
        return
    if training.job_id is None:
        yield Progress(training)
        return
    told = ""
    async with aclosing(jobs.follow(context, training.job_id)) as changes:
        async for job in changes:
            context.loaders.clear()
            training = await context.loaders.row(TrainingJob).load(id_)
            if training is None:
                return
            yield Progress(training, since(told, job.logs))
            told = job.logs


def since(told: str, log: str) -> list[str]:
    """The lines of a log that were not told; the first ones of a long log are lost."""
    if log.startswith(told):
        return log[len(told) :].splitlines()
    last = told.splitlines(keepends=True)[-1]
    return log.rpartition(last)[2].splitlines()


async def _queued(write: Transaction, training: TrainingJob) -> TrainingJob:
    given = {"training_job_id": str(training.id)}
    job = await write.enqueue(TASK, training.owner_id, **given)
    training.job_id = job.id
    return training


async def _data(write: Transaction, source: Source) -> DatasetVersion:
    """The version that is learnt from."""
    if source.version_id is None:
        if source.dataset_id is None:
            raise Invalid("a model needs a dataset or a version of one", "dataset")
        return await newest(write, source.dataset_id)
    version = await write.see(DatasetVersion, source.version_id, "dataset_version")
    if source.dataset_id not in {None, version.dataset_id}:
        raise Invalid("this is a version of another dataset", "dataset_version")
    return version
