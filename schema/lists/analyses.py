"""What may be asked of the lists of analyses."""

from datetime import datetime
from enum import StrEnum

import strawberry

from schema.enums import AnalysisKind, AnalysisStatus
from schema.inputs import Compare, Filter, Is, Matches, Order


@strawberry.input
class AnalysisFilter(Filter):
    """Which analyses."""

    name: Matches | None = None
    """By name."""
    kind: Is[AnalysisKind] | None = None
    """By what they do."""
    status: Is[AnalysisStatus] | None = None
    """By how far they are."""
    dataset_id: Is[strawberry.ID] | None = strawberry.field(
        name="dataset", default=None
    )
    """By what they are of."""
    created_at: Compare[datetime] | None = None
    """By when they were made."""


@strawberry.enum
class AnalysisOrderField(StrEnum):
    """What analyses are sorted by."""

    CREATED_AT = "id"
    """When they were made."""
    NAME = "name"
    """Their name."""


@strawberry.input
class AnalysisOrder(Order):
    """How to sort analyses."""

    field: AnalysisOrderField
    """What to sort by."""


@strawberry.input
class ReductionConfigFilter(Filter):
    """Which parameters."""

    is_system: Is[bool] | None = None
    """By whether the server brought them."""


@strawberry.enum
class ReductionConfigOrderField(StrEnum):
    """What parameters are sorted by."""

    CREATED_AT = "id"
    """When they were made."""


@strawberry.input
class ReductionConfigOrder(Order):
    """How to sort parameters."""

    field: ReductionConfigOrderField
    """What to sort by."""


@strawberry.input
class ReductionResultFilter(Filter):
    """Which maps."""

    dataset_version_id: Is[strawberry.ID] | None = strawberry.field(
        name="datasetVersion", default=None
    )
    """By the version that they are of."""
    file_upload_id: Is[strawberry.ID] | None = strawberry.field(
        name="fileUpload", default=None
    )
    """By the file that they are of."""


@strawberry.enum
class ReductionResultOrderField(StrEnum):
    """What maps are sorted by."""

    CREATED_AT = "id"
    """When they were made."""


@strawberry.input
class ReductionResultOrder(Order):
    """How to sort maps."""

    field: ReductionResultOrderField
    """What to sort by."""
