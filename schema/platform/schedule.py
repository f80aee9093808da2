"""What is done on schedule, and what has expired."""

from datetime import datetime
from typing import Any

import strawberry
from strawberry.scalars import JSON

from db import models
from resolvers import routines
from schema.connections import Connection
from schema.edges import found, listed
from schema.enums import RunStatus
from schema.lists.platform import ScheduledRunFilter, ScheduledRunOrder
from schema.nodes import Entity, Info
from schema.perform import Payload, Performed
from schema.reads import costing


@strawberry.type
class ScheduledRun(Entity, of=models.ScheduledRun):
    """One run of something scheduled."""

    created_at: datetime
    name: str
    status: RunStatus
    attempts: int
    started_at: datetime
    finished_at: datetime | None
    counts: JSON
    error: str | None


@strawberry.type
class Routine:
    """Something that is done on schedule."""

    name: str
    """Its name."""
    purpose: str
    """What it does."""
    every_seconds: int
    """Seconds from one run to the next."""
    next_run_at: datetime
    """When it is due again; in the past where no worker has come to it."""
    last_run: ScheduledRun | None
    """Its last run; null before the first."""


@strawberry.type
class RetentionCount:
    """How much of a table has expired."""

    table: str
    """The table."""
    kept_seconds: float
    """How long its rows are kept."""
    rows: int
    """How many are older."""


@strawberry.input
class RetentionRunInput:
    """How to delete what has expired."""

    dry_run: bool = False
    """Whether to count only, and delete nothing."""


@strawberry.type
class RetentionRunPayload(Payload):
    """What was deleted, or with `dryRun` what would be."""

    counts: list[RetentionCount]
    """By table; empty where there are errors."""
    is_complete: bool
    """Whether nothing is left; else run it again, or leave it to the schedule."""


@strawberry.type
class Query:
    scheduled_run: ScheduledRun | None = found(models.ScheduledRun)
    """A run of something scheduled, for administrators."""
    scheduled_runs: Connection[ScheduledRun] = listed(
        models.ScheduledRun, ScheduledRunFilter, ScheduledRunOrder
    )
    """What was done on schedule, for administrators."""

    @strawberry.field(metadata=costing(10))
    async def schedule(self, info: Info) -> list[Routine]:
        """What is done on schedule, when it was, and when it will be."""
        return [_shown(one) for one in await routines.schedule(info.context)]

    @strawberry.field(metadata=costing(100))
    async def retention_preview(self, info: Info) -> list[RetentionCount]:
        """What has expired, and will be deleted when that is due."""
        return _counts(await routines.preview(info.context))


@strawberry.type
class Mutation:
    @strawberry.mutation(metadata=costing(100))
    async def retention_run(
        self, info: Info, input: RetentionRunInput
    ) -> RetentionRunPayload:
        """Delete what has expired, without waiting until it is due."""
        name, dry = info.field_name, input.dry_run
        done = Performed(await routines.clean(info.context, name, dry=dry))
        return RetentionRunPayload(
            counts=_counts(done.row.tables if done.row else []),
            is_complete=bool(done.row and done.row.complete),
            **done.told,
        )


def _shown(one: Any) -> Routine:
    return Routine(
        name=one.routine.name,
        purpose=one.routine.purpose,
        every_seconds=one.routine.every,
        next_run_at=one.next_at,
        last_run=one.last,
    )


def _counts(tables: list[routines.Expired]) -> list[RetentionCount]:
    return [
        RetentionCount(table=one.table, kept_seconds=one.kept_seconds, rows=one.rows)
        for one in tables
    ]
