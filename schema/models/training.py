"""How models are trained."""

from datetime import datetime

import strawberry
from strawberry.scalars import JSON

from db import models
from schema.connections import Connection
from schema.datasets.datasets import Dataset
from schema.datasets.versions import DatasetVersion
from schema.edges import found, listed, to_one
from schema.enums import JobStatus
from schema.lists.registry import TrainingJobFilter, TrainingJobOrder
from schema.models.models import Model
from schema.models.versions import ModelVersion
from schema.nodes import Entity
from schema.platform.jobs import Job


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
class Query:
    training_job: TrainingJob | None = found(models.TrainingJob)
    """A training job of yours."""
    training_jobs: Connection[TrainingJob] = listed(
        models.TrainingJob, TrainingJobFilter, TrainingJobOrder
    )
    """Your training jobs."""
