"""Whether data and predictions are still what they were."""

from datetime import datetime

import strawberry
from strawberry.scalars import JSON

from db import models
from schema.connections import Connection
from schema.datasets.datasets import Dataset
from schema.datasets.versions import DatasetVersion
from schema.edges import found, listed, to_one
from schema.enums import CheckKind, CheckVerdict, JobStatus
from schema.lists.checks import CheckRunFilter, CheckRunOrder
from schema.models.versions import ModelVersion
from schema.nodes import Entity
from schema.platform.jobs import Job


@strawberry.type
class CheckRun(Entity, of=models.CheckRun):
    """A comparison of data or predictions with a reference, and its verdict."""

    created_at: datetime
    updated_at: datetime
    version: int
    kind: CheckKind
    name: str
    config: JSON
    status: JobStatus
    verdict: CheckVerdict | None
    results: JSON | None
    error_message: str | None
    completed_at: datetime | None
    dataset: Dataset | None = to_one(models.CheckRun.dataset_id)
    """The dataset that is checked."""
    dataset_version: DatasetVersion | None = to_one(models.CheckRun.dataset_version_id)
    """The version that is checked."""
    reference_version: DatasetVersion | None = to_one(
        models.CheckRun.reference_version_id
    )
    """The version that it is compared with."""
    model_version: ModelVersion | None = to_one(models.CheckRun.model_version_id)
    """The version of a model whose predictions are checked."""
    job: Job | None = to_one(models.CheckRun.job_id)
    """The job that a worker does."""


@strawberry.type
class Query:
    check_run: CheckRun | None = found(models.CheckRun)
    """A check of yours."""
    check_runs: Connection[CheckRun] = listed(
        models.CheckRun, CheckRunFilter, CheckRunOrder
    )
    """Your checks."""
