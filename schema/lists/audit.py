"""What may be asked of the lists of the audit."""

from datetime import datetime
from enum import StrEnum

import strawberry

from schema.enums import CheckpointKind
from schema.inputs import Compare, Filter, Is, Order


@strawberry.input
class AuditCheckpointFilter(Filter):
    """Which checkpoints."""

    kind: Is[CheckpointKind] | None = None
    """By why they were made."""
    created_at: Compare[datetime] | None = None
    """By when they were made."""


@strawberry.enum
class AuditCheckpointOrderField(StrEnum):
    """What checkpoints are sorted by."""

    CREATED_AT = "id"
    """When they were made."""


@strawberry.input
class AuditCheckpointOrder(Order):
    """How to sort checkpoints."""

    field: AuditCheckpointOrderField
    """What to sort by."""
