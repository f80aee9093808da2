"""Versions of datasets."""

from datetime import datetime
from typing import Any

import strawberry
from strawberry.scalars import JSON

from compute.remote import PREVIEW
from db import models
from resolvers.errors import BadRequest
from schema.connections import Connection
from schema.datasets.datasets import Dataset
from schema.datasets.uploads import FileUpload
from schema.edges import found, listed, to_many, to_one
from schema.lists.analyses import ReductionResultFilter, ReductionResultOrder
from schema.lists.checks import CheckRunFilter, CheckRunOrder
from schema.lists.datasets import DatasetVersionFilter, DatasetVersionOrder
from schema.lists.predictions import BatchPredictionFilter, BatchPredictionOrder
from schema.lists.registry import (
    ModelVersionFilter,
    ModelVersionOrder,
    TrainingJobFilter,
    TrainingJobOrder,
)
from schema.nodes import Entity, Info
from schema.reads import costing
from schema.refs import (
    BatchPredictionRef,
    CheckRunRef,
    ModelVersionRef,
    ReductionResultRef,
    TrainingJobRef,
    UserRef,
)
from schema.scalars import BigInt

MOST = 50_000
"""Cells of one page of a preview: twenty rows of as many columns as there may be."""


@strawberry.type
class Preview:
    """Some rows of a table, as they are."""

    columns: list[str]
    """The columns, in the order of the cells of each row."""
    first_row: int
    """Where the page begins: 0 is the first row of data."""
    rows: JSON
    """A list of rows, each a list of cells; an empty cell is null."""


@strawberry.type
class DatasetVersion(Entity, of=models.DatasetVersion):
    """What a dataset held at one time. It never changes."""

    created_at: datetime
    number: int
    sha256: str
    row_count: int
    column_count: int
    size_bytes: BigInt
    schema: JSON
    profile: JSON
    warnings: list[str]
    dataset: Dataset = to_one(models.DatasetVersion.dataset_id)
    """The dataset that held it."""
    file_upload: FileUpload = to_one(models.DatasetVersion.file_upload_id)
    """The file that it was made of."""
    created_by: UserRef | None = to_one(models.DatasetVersion.created_by)
    """Whoever had it made."""
    reduction_results: Connection[ReductionResultRef] = to_many(
        models.ReductionResult.dataset_version_id,
        ReductionResultFilter,
        ReductionResultOrder,
    )
    """The maps that were made of it."""
    training_jobs: Connection[TrainingJobRef] = to_many(
        models.TrainingJob.dataset_version_id, TrainingJobFilter, TrainingJobOrder
    )
    """What was trained on it."""
    model_versions: Connection[ModelVersionRef] = to_many(
        models.ModelVersion.dataset_version_id, ModelVersionFilter, ModelVersionOrder
    )
    """The models that came of that."""
    batch_predictions: Connection[BatchPredictionRef] = to_many(
        models.BatchPrediction.dataset_version_id,
        BatchPredictionFilter,
        BatchPredictionOrder,
    )
    """The models that it was put to."""
    check_runs: Connection[CheckRunRef] = to_many(
        models.CheckRun.dataset_version_id, CheckRunFilter, CheckRunOrder
    )
    """Whether it is still what data were before."""

    @strawberry.field(metadata=costing(10))
    async def preview(
        self,
        info: Info,
        first_row: int = 0,
        rows: int = 20,
        columns: list[str] | None = None,
    ) -> Preview:
        """Some rows of the table."""
        row: Any = self
        known = [column["name"] for column in row.schema]
        chosen = known if columns is None else columns
        if unknown := sorted(set(chosen) - set(known)):
            raise BadRequest(f"no column of this version is {unknown[0]!r}")
        if first_row < 0 or rows < 1 or rows * max(len(chosen), 1) > MOST:
            raise BadRequest(
                f"a page begins at 0 or later and has from 1 to {MOST} cells: "
                f"{rows} rows of {len(chosen)} columns are too many or too few"
            )
        context = info.context
        async with context.equipment.store.local(row.file_path) as path:
            given = (str(path), first_row, rows, chosen)
            cells = await context.compute.run(PREVIEW, *given)
        return Preview(columns=chosen, first_row=first_row, rows=cells)


@strawberry.type
class Query:
    dataset_version: DatasetVersion | None = found(models.DatasetVersion)
    """A version of a dataset of yours."""
    dataset_versions: Connection[DatasetVersion] = listed(
        models.DatasetVersion, DatasetVersionFilter, DatasetVersionOrder
    )
    """Versions of your datasets."""
