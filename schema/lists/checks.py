"""What may be asked of the lists of checks."""

from datetime import datetime
from enum import StrEnum

import strawberry

from schema.enums import CheckKind, CheckVerdict, JobStatus
from schema.inputs import Compare, Filter, Is, Order


@strawberry.input
class CheckRunFilter(Filter):
    """Which checks."""

    kind: Is[CheckKind] | None = None
    """By what they look at."""
    status: Is[JobStatus] | None = None
    """By how far they are."""
    verdict: Is[CheckVerdict] | None = None
    """By what they found."""
    dataset_id: Is[strawberry.ID] | None = strawberry.field(
        name="dataset", default=None
    )
    """By dataset."""
    model_version_id: Is[strawberry.ID] | None = strawberry.field(
        name="modelVersion", default=None
    )
    """By version of a model."""
    created_at: Compare[datetime] | None = None
    """By when they were made."""


@strawberry.enum
class CheckRunOrderField(StrEnum):
    """What checks are sorted by."""

    CREATED_AT = "id"
    """When they were made."""


@strawberry.input
class CheckRunOrder(Order):
    """How to sort checks."""

    field: CheckRunOrderField
    """What to sort by."""
