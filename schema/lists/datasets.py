"""What may be asked of the lists of datasets."""

from datetime import datetime
from enum import StrEnum

import strawberry

from schema.enums import DatasetStatus, FileUploadStatus
from schema.inputs import Compare, Filter, Has, Is, Matches, Order


@strawberry.input
class DatasetFilter(Filter):
    """Which datasets."""

    name: Matches | None = None
    """By name."""
    status: Is[DatasetStatus] | None = None
    """By how far they are."""
    is_active: Is[bool] | None = None
    """By whether they are archived: false is."""
    tags: Has | None = None
    """By their tags."""
    created_at: Compare[datetime] | None = None
    """By when they were made."""


@strawberry.enum
class DatasetOrderField(StrEnum):
    """What datasets are sorted by."""

    CREATED_AT = "id"
    """When they were made."""
    NAME = "name"
    """Their name."""


@strawberry.input
class DatasetOrder(Order):
    """How to sort datasets."""

    field: DatasetOrderField
    """What to sort by."""


@strawberry.input
class DatasetVersionFilter(Filter):
    """Which versions."""

    dataset_id: Is[strawberry.ID] | None = strawberry.field(
        name="dataset", default=None
    )
    """By their dataset."""
    number: Compare[int] | None = None
    """By number."""
    sha256: Is[str] | None = None
    """By digest."""


@strawberry.enum
class DatasetVersionOrderField(StrEnum):
    """What versions are sorted by."""

    CREATED_AT = "id"
    """When they were made."""
    NUMBER = "number"
    """Their number."""


@strawberry.input
class DatasetVersionOrder(Order):
    """How to sort versions."""

    field: DatasetVersionOrderField
    """What to sort by."""


@strawberry.input
class FileUploadFilter(Filter):
    """Which files."""

    dataset_id: Is[strawberry.ID] | None = strawberry.field(
        name="dataset", default=None
    )
    """By the dataset that they belong to."""
    status: Is[FileUploadStatus] | None = None
    """By how far they are."""
    sha256: Is[str] | None = None
    """By digest."""


@strawberry.enum
class FileUploadOrderField(StrEnum):
    """What files are sorted by."""

    CREATED_AT = "id"
    """When they came."""


@strawberry.input
class FileUploadOrder(Order):
    """How to sort files."""

    field: FileUploadOrderField
    """What to sort by."""
