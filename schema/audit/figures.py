"""The audit log in figures."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import strawberry

from db import models
from resolvers.audit import figures
from schema.ids import prefix
from schema.nodes import Info
from schema.reads import costing

Start = Annotated[
    datetime | None,
    strawberry.argument(
        name="from", description="Since when: 30 days before its end, if not said."
    ),
]
End = Annotated[
    datetime | None,
    strawberry.argument(description="Until when: now, if not said."),
]


@strawberry.type
class AuditCountResult:
    """How many entries have something in common."""

    name: str
    """What: an action, a type, the id of a user, or a day in UTC."""
    count: int
    """How many there are."""
    failed: int
    """Of these, what was refused or failed."""


@strawberry.type
class AuditStatisticsResult:
    """What you did in some time; for an administrator, what everybody did."""

    from_: datetime = strawberry.field(name="from")
    """Since when."""
    to: datetime
    """Until when."""
    total: int
    """Entries."""
    failed: int
    """Of these, what was refused or failed."""
    by_action: list[AuditCountResult]
    """By what was done: the 100 most frequent."""
    by_entity: list[AuditCountResult]
    """By the type of what it was done to."""
    by_actor: list[AuditCountResult]
    """By who did it: the 100 who did most."""
    by_day: list[AuditCountResult]
    """By day, the first one first."""


@strawberry.type
class Query:
    @strawberry.field(metadata=costing(50))
    async def audit_statistics(
        self, info: Info, from_: Start = None, to: End = None
    ) -> AuditStatisticsResult:
        """How often each thing was done, to what, by whom, and on which day."""
        found = await figures.figures(info.context, from_, to)
        return AuditStatisticsResult(
            from_=found.start,
            to=found.end,
            total=found.total,
            failed=found.failed,
            by_action=_counts(found.actions),
            by_entity=_counts(found.entities),
            by_actor=_counts(found.actors, f"{prefix(models.User)}_"),
            by_day=_counts(found.days),
        )


def _counts(found: Sequence[figures.Count], mark: str = "") -> list[AuditCountResult]:
    return [
        AuditCountResult(name=mark + one.name, count=one.count, failed=one.failed)
        for one in found
    ]
