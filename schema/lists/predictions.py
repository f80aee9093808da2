"""What may be asked of the lists of predictions."""

from datetime import date, datetime
from enum import StrEnum

import strawberry

from schema.enums import LogLevel, PredictionStatus
from schema.inputs import Compare, Filter, Is, Matches, Order


@strawberry.input
class PredictionFilter(Filter):
    """Which predictions."""

    model_version_id: Is[strawberry.ID] | None = strawberry.field(
        name="modelVersion", default=None
    )
    """By the version that was asked."""
    status: Is[PredictionStatus] | None = None
    """By what became of them."""
    label: Matches | None = None
    """By label."""
    confidence: Compare[float] | None = None
    """By confidence."""
    source: Matches | None = None
    """By where they were asked from."""
    origin_id: Is[strawberry.ID] | None = strawberry.field(name="origin", default=None)
    """By the prediction whose input they repeat."""
    created_at: Compare[datetime] | None = None
    """By when they were made."""


@strawberry.enum
class PredictionOrderField(StrEnum):
    """What predictions are sorted by."""

    CREATED_AT = "id"
    """When they were made."""


@strawberry.input
class PredictionOrder(Order):
    """How to sort predictions."""

    field: PredictionOrderField
    """What to sort by."""


@strawberry.input
class PredictionLogFilter(Filter):
    """Which lines."""

    level: Is[LogLevel] | None = None
    """By how much they matter."""
    created_at: Compare[datetime] | None = None
    """By when they were made."""


@strawberry.enum
class PredictionLogOrderField(StrEnum):
    """What lines are sorted by."""

    CREATED_AT = "id"
    """When they were made."""


@strawberry.input
class PredictionLogOrder(Order):
    """How to sort lines."""

    field: PredictionLogOrderField
    """What to sort by."""


@strawberry.input
class PredictionFeedbackFilter(Filter):
    """Which truths."""

    model_version_id: Is[strawberry.ID] | None = strawberry.field(
        name="modelVersion", default=None
    )
    """By the version that was asked."""
    actual_label: Matches | None = None
    """By the label that it really was."""
    source: Matches | None = None
    """By who says so."""
    created_at: Compare[datetime] | None = None
    """By when they were made."""


@strawberry.enum
class PredictionFeedbackOrderField(StrEnum):
    """What truths are sorted by."""

    CREATED_AT = "id"
    """When they were made."""


@strawberry.input
class PredictionFeedbackOrder(Order):
    """How to sort truths."""

    field: PredictionFeedbackOrderField
    """What to sort by."""


@strawberry.input
class PredictionStatsFilter(Filter):
    """Which days."""

    model_version_id: Is[strawberry.ID] | None = strawberry.field(
        name="modelVersion", default=None
    )
    """By version."""
    day: Compare[date] | None = None
    """By day."""


@strawberry.enum
class PredictionStatsOrderField(StrEnum):
    """What days are sorted by."""

    CREATED_AT = "id"
    """When they were made."""
    DAY = "day"
    """The day."""


@strawberry.input
class PredictionStatsOrder(Order):
    """How to sort days."""

    field: PredictionStatsOrderField
    """What to sort by."""


@strawberry.input
class BatchPredictionFilter(Filter):
    """Which batches."""

    model_version_id: Is[strawberry.ID] | None = strawberry.field(
        name="modelVersion", default=None
    )
    """By the version that is asked."""
    dataset_version_id: Is[strawberry.ID] | None = strawberry.field(
        name="datasetVersion", default=None
    )
    """By the rows that are put to it."""
    created_at: Compare[datetime] | None = None
    """By when they were made."""


@strawberry.enum
class BatchPredictionOrderField(StrEnum):
    """What batches are sorted by."""

    CREATED_AT = "id"
    """When they were made."""


@strawberry.input
class BatchPredictionOrder(Order):
    """How to sort batches."""

    field: BatchPredictionOrderField
    """What to sort by."""
