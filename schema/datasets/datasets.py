"""Datasets, and what is done with them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from db import models
from resolvers.analyses import analyses
from resolvers.datasets import datasets
from schema.connections import Connection
from schema.datasets.inputs import (
    DatasetArchiveInput,
    DatasetCreateInput,
    DatasetDeleteInput,
    DatasetMergeInput,
    DatasetProcessInput,
    DatasetUpdateInput,
)
from schema.edges import found, listed, to_many, to_one
from schema.enums import DatasetStatus
from schema.ids import row_id
from schema.lists.analyses import AnalysisFilter, AnalysisOrder
from schema.lists.checks import CheckRunFilter, CheckRunOrder
from schema.lists.datasets import (
    DatasetFilter,
    DatasetOrder,
    DatasetVersionFilter,
    DatasetVersionOrder,
    FileUploadFilter,
    FileUploadOrder,
)
from schema.lists.monitoring import (
    AlertFilter,
    AlertOrder,
    AlertRuleFilter,
    AlertRuleOrder,
    AnomalyFilter,
    AnomalyOrder,
)
from schema.lists.registry import TrainingJobFilter, TrainingJobOrder
from schema.nodes import Entity, Info
from schema.perform import (
    Creation,
    Payload,
    given,
    perform,
    perform_once,
)
from schema.platform.jobs import Job
from schema.reads import costing
from schema.refs import (
    AlertRef,
    AlertRuleRef,
    AnalysisRef,
    AnomalyRef,
    CheckRunRef,
    DatasetVersionRef,
    FileUploadRef,
    TrainingJobRef,
)
from schema.scalars import BigInt


@strawberry.type
class Dataset(Entity, of=models.Dataset):
    """A table of data, under one name through all its versions."""

    created_at: datetime
    updated_at: datetime
    version: int
    name: str
    description: str | None
    tags: list[str]
    schema: JSON | None
    meta: JSON = strawberry.field(name="metadata")
    status: DatasetStatus
    is_active: bool
    row_count: int | None
    column_count: int | None
    size_bytes: BigInt | None
    last_analysis_at: datetime | None
    processed_at: datetime | None
    job: Job | None = to_one(models.Dataset.job_id)
    """The job that makes, or made, its newest version."""
    file_uploads: Connection[FileUploadRef] = to_many(
        models.FileUpload.dataset_id, FileUploadFilter, FileUploadOrder
    )
    """The files that it was made of."""
    versions: Connection[DatasetVersionRef] = to_many(
        models.DatasetVersion.dataset_id, DatasetVersionFilter, DatasetVersionOrder
    )
    """What it held at one time and another."""
    analyses: Connection[AnalysisRef] = to_many(
        models.Analysis.dataset_id, AnalysisFilter, AnalysisOrder
    )
    """What was asked of it."""
    anomalies: Connection[AnomalyRef] = to_many(
        models.Anomaly.dataset_id, AnomalyFilter, AnomalyOrder
    )
    """What was found to be wrong with its measurements."""
    alert_rules: Connection[AlertRuleRef] = to_many(
        models.AlertRule.dataset_id, AlertRuleFilter, AlertRuleOrder
    )
    """When somebody is told of it."""
    alerts: Connection[AlertRef] = to_many(
        models.Alert.dataset_id, AlertFilter, AlertOrder
    )
    """What somebody was told of it."""
    training_jobs: Connection[TrainingJobRef] = to_many(
        models.TrainingJob.dataset_id, TrainingJobFilter, TrainingJobOrder
    )
    """What was trained on it."""
    check_runs: Connection[CheckRunRef] = to_many(
        models.CheckRun.dataset_id, CheckRunFilter, CheckRunOrder
    )
    """Whether it is still what it was."""


@strawberry.type
class DatasetPayload(Payload):
    """The dataset, once it is changed."""

    dataset: Dataset | None
    """Null where there are errors."""


@strawberry.type
class DatasetUpdatePayload(DatasetPayload):
    """The dataset, as it is described now."""


@strawberry.type
class DatasetProcessPayload(DatasetPayload):
    """The dataset, whose job is queued."""


@strawberry.type
class DatasetMergePayload(DatasetPayload):
    """The dataset with its further files, whose job is queued."""


@strawberry.type
class DatasetArchivePayload(DatasetPayload):
    """The dataset, put aside or taken up again."""


@strawberry.type
class DatasetCreatePayload(Creation):
    """The dataset, once it is there."""

    dataset: Dataset | None
    """Null where there are errors."""


@strawberry.type
class DatasetDeletePayload(Payload):
    """The id of what is gone."""

    deleted_id: strawberry.ID | None
    """Null where there are errors."""


def _uploads(said: Sequence[str]) -> list[UUID]:
    return [row_id(one, models.FileUpload) for one in said]


@strawberry.type
class Query:
    dataset: Dataset | None = found(models.Dataset)
    """A dataset of yours."""
    datasets: Connection[Dataset] = listed(models.Dataset, DatasetFilter, DatasetOrder)
    """Your datasets."""


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def dataset_create(
        self, info: Info, input: DatasetCreateInput
    ) -> DatasetCreatePayload:
        """Make a dataset of files that were uploaded."""
        about = (input.description, input.tags or [], input.metadata)
        arguments = (input.name, _uploads(input.uploads), *about)
        done = await perform_once(info, input, datasets.create, *arguments)
        return DatasetCreatePayload(dataset=done.row, **done.created)

    @strawberry.mutation
    async def dataset_update(
        self, info: Info, input: DatasetUpdateInput
    ) -> DatasetUpdatePayload:
        """Change what is said of a dataset."""
        names = {"name": "name", "description": "description", "tags": "tags"}
        changes: dict[str, Any] = given(input, **names, metadata="meta")
        id_ = row_id(input.id, models.Dataset)
        arguments = (id_, input.expected_version, changes)
        done = await perform(info, datasets.update, *arguments)
        return DatasetUpdatePayload(dataset=done.row, **done.told)

    @strawberry.mutation(metadata=costing(100))
    async def dataset_process(
        self, info: Info, input: DatasetProcessInput
    ) -> DatasetProcessPayload:
        """Make a new version of a dataset; its job tells how far that is."""
        id_ = row_id(input.id, models.Dataset)
        uploads = None if input.uploads is None else _uploads(input.uploads)
        done = await perform(info, datasets.process, id_, uploads)
        return DatasetProcessPayload(dataset=done.row, **done.told)

    @strawberry.mutation(metadata=costing(100))
    async def dataset_merge(
        self, info: Info, input: DatasetMergeInput
    ) -> DatasetMergePayload:
        """Add files to a dataset, and make a new version of all."""
        id_ = row_id(input.id, models.Dataset)
        done = await perform(info, datasets.merge, id_, _uploads(input.uploads))
        return DatasetMergePayload(dataset=done.row, **done.told)

    @strawberry.mutation
    async def dataset_archive(
        self, info: Info, input: DatasetArchiveInput
    ) -> DatasetArchivePayload:
        """Put a dataset aside, or take it up again."""
        id_ = row_id(input.id, models.Dataset)
        done = await perform(info, datasets.archive, id_, archived=input.archived)
        return DatasetArchivePayload(dataset=done.row, **done.told)

    @strawberry.mutation
    async def dataset_delete(
        self, info: Info, input: DatasetDeleteInput
    ) -> DatasetDeletePayload:
        """Delete a dataset, with its maps, anomalies, rules and alerts."""
        id_ = row_id(input.id, models.Dataset)
        arguments = (id_, input.expected_version)
        done = await perform(info, analyses.delete_dataset, *arguments)
        gone = None if done.row is None else input.id
        return DatasetDeletePayload(deleted_id=gone, **done.told)
