"""What may be asked of the lists of models."""

from datetime import datetime
from enum import StrEnum

import strawberry

from schema.enums import JobStatus, ModelTask, ModelVersionStatus
from schema.inputs import Compare, Filter, Has, Is, Matches, Measures, Order


@strawberry.input
class ModelFilter(Filter):
    """Which models."""

    name: Matches | None = None
    """By name."""
    task: Is[ModelTask] | None = None
    """By what they are for."""
    tags: Has | None = None
    """By the words that they are found by."""
    created_at: Compare[datetime] | None = None
    """By when they were made."""


@strawberry.enum
class ModelOrderField(StrEnum):
    """What models are sorted by."""

    CREATED_AT = "id"
    """When they were made."""
    NAME = "name"
    """Their name."""


@strawberry.input
class ModelOrder(Order):
    """How to sort models."""

    field: ModelOrderField
    """What to sort by."""


@strawberry.input
class ModelVersionFilter(Filter):
    """Which versions."""

    model_id: Is[strawberry.ID] | None = strawberry.field(name="model", default=None)
    """By the model that they are of."""
    number: Compare[int] | None = None
    """By number."""
    label: Matches | None = None
    """By label."""
    status: Is[ModelVersionStatus] | None = None
    """By whether they may be asked."""
    algorithm: Matches | None = None
    """By how they were fitted."""
    framework: Matches | None = None
    """By what they were made with."""
    metrics: Measures | None = strawberry.field(name="metric", default=None)
    """By how good they are."""
    tags: Has | None = None
    """By the words that they are found by."""
    dataset_version_id: Is[strawberry.ID] | None = strawberry.field(
        name="datasetVersion", default=None
    )
    """By the data that they were trained on."""
    created_at: Compare[datetime] | None = None
    """By when they were made."""


@strawberry.enum
class ModelVersionOrderField(StrEnum):
    """What versions are sorted by."""

    CREATED_AT = "id"
    """When they were made."""
    NUMBER = "number"
    """Their number."""


@strawberry.input
class ModelVersionOrder(Order):
    """How to sort versions."""

    field: ModelVersionOrderField
    """What to sort by."""


@strawberry.input
class ModelAliasFilter(Filter):
    """Which aliases."""

    model_id: Is[strawberry.ID] | None = strawberry.field(name="model", default=None)
    """By the model that they are of."""
    alias: Matches | None = None
    """By name."""
    model_version_id: Is[strawberry.ID] | None = strawberry.field(
        name="modelVersion", default=None
    )
    """By the version that they lead to."""


@strawberry.enum
class ModelAliasOrderField(StrEnum):
    """What aliases are sorted by."""

    CREATED_AT = "id"
    """When they were made."""


@strawberry.input
class ModelAliasOrder(Order):
    """How to sort aliases."""

    field: ModelAliasOrderField
    """What to sort by."""


@strawberry.input
class ModelAliasMoveFilter(Filter):
    """Which moves."""

    model_id: Is[strawberry.ID] | None = strawberry.field(name="model", default=None)
    """By the model."""
    alias: Matches | None = None
    """By alias."""
    to_version_id: Is[strawberry.ID] | None = strawberry.field(
        name="toVersion", default=None
    )
    """By the version that the alias leads to since."""
    from_version_id: Is[strawberry.ID] | None = strawberry.field(
        name="fromVersion", default=None
    )
    """By the version that the alias led to before."""
    created_at: Compare[datetime] | None = None
    """By when they were made."""


@strawberry.enum
class ModelAliasMoveOrderField(StrEnum):
    """What moves are sorted by."""

    CREATED_AT = "id"
    """When they were made."""


@strawberry.input
class ModelAliasMoveOrder(Order):
    """How to sort moves."""

    field: ModelAliasMoveOrderField
    """What to sort by."""


@strawberry.input
class TrainingJobFilter(Filter):
    """Which training jobs."""

    status: Is[JobStatus] | None = None
    """By how far they are."""
    dataset_id: Is[strawberry.ID] | None = strawberry.field(
        name="dataset", default=None
    )
    """By their dataset."""
    dataset_version_id: Is[strawberry.ID] | None = strawberry.field(
        name="datasetVersion", default=None
    )
    """By the version that they learn from."""
    model_id: Is[strawberry.ID] | None = strawberry.field(name="model", default=None)
    """By the model that they make a version of."""
    created_at: Compare[datetime] | None = None
    """By when they were made."""


@strawberry.enum
class TrainingJobOrderField(StrEnum):
    """What training jobs are sorted by."""

    CREATED_AT = "id"
    """When they were made."""


@strawberry.input
class TrainingJobOrder(Order):
    """How to sort training jobs."""

    field: TrainingJobOrderField
    """What to sort by."""
