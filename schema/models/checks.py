"""Whether data and predictions are still what they were."""

from collections.abc import AsyncIterator
from datetime import datetime

import strawberry
from strawberry.scalars import JSON

from db import models
from resolvers import tasks
from resolvers.models import checks
from resolvers.models.windows import Ends
from resolvers.sources import states
from schema.connections import Connection
from schema.datasets.datasets import Dataset
from schema.datasets.versions import DatasetVersion
from schema.edges import found, listed, to_one
from schema.enums import CheckKind, CheckVerdict, JobStatus
from schema.ids import row_id, said_id
from schema.lists.checks import CheckRunFilter, CheckRunOrder
from schema.models.versions import ModelVersion
from schema.nodes import Entity, Info
from schema.perform import Creation, Keyed, Payload, perform, perform_once
from schema.platform.jobs import Job
from schema.reads import costing


@strawberry.type
class CheckRun(Entity, of=models.CheckRun):
    """A comparison of data or predictions with a reference, and its verdict."""

    created_at: datetime
    updated_at: datetime
    version: int
    kind: CheckKind
    name: str
    config: JSON
    status: JobStatus
    verdict: CheckVerdict | None
    results: JSON | None
    error_message: str | None
    completed_at: datetime | None
    dataset: Dataset | None = to_one(models.CheckRun.dataset_id)
    """The dataset that is checked."""
    dataset_version: DatasetVersion | None = to_one(models.CheckRun.dataset_version_id)
    """The version that is checked."""
    reference_version: DatasetVersion | None = to_one(
        models.CheckRun.reference_version_id
    )
    """The version that it is compared with."""
    model_version: ModelVersion | None = to_one(models.CheckRun.model_version_id)
    """The version of a model whose predictions are checked."""
    job: Job | None = to_one(models.CheckRun.job_id)
    """The job that a worker does."""


@strawberry.input
class CheckRunStartInput(Keyed):
    """What to compare: data with data, or what a model says with something else."""

    kind: CheckKind
    """What to look at: drift and quality of data, drift and performance of a model."""
    dataset: strawberry.ID | None = None
    """A dataset, whose newest version is checked."""
    dataset_version: strawberry.ID | None = None
    """The version itself."""
    reference_version: strawberry.ID | None = None
    """The data to compare with: if not said, of data the version before, or where a
    model is said what that learnt from."""
    model_version: strawberry.ID | None = None
    """A version of a model, whose predictions are checked where no data are said."""
    since: datetime | None = strawberry.field(name="from", default=None)
    """Since when its predictions are checked; for seven days, if not said."""
    until: datetime | None = strawberry.field(name="to", default=None)
    """Until when; until now, if not said."""
    reference_since: datetime | None = strawberry.field(
        name="referenceFrom", default=None
    )
    """Since when its predictions are compared with; for seven days, if not said."""
    reference_until: datetime | None = strawberry.field(
        name="referenceTo", default=None
    )
    """Until when; until `from`, if not said."""
    columns: list[str] | None = None
    """The columns to compare, of data or of a model's inputs: all, if not said."""
    name: str | None = None
    """What to call it: 1 to 255 characters."""

    def question(self) -> checks.Question:
        ends = (self.since, self.until, self.reference_since, self.reference_until)
        return checks.Question(
            kind=self.kind,
            dataset_id=said_id(self.dataset, models.Dataset),
            version_id=said_id(self.dataset_version, models.DatasetVersion),
            reference_id=said_id(self.reference_version, models.DatasetVersion),
            model_version_id=said_id(self.model_version, models.ModelVersion),
            ends=Ends(*ends),
            columns=self.columns,
            name=self.name,
        )


@strawberry.input
class CheckRunCancelInput:
    """A check to stop."""

    id: strawberry.ID
    """The check."""


@strawberry.type
class CheckRunStartPayload(Creation):
    """The check, which waits for a worker."""

    check_run: CheckRun | None
    """Null where there are errors."""


@strawberry.type
class CheckRunCancelPayload(Payload):
    """The check: stopped, or about to."""

    check_run: CheckRun | None
    """Null where there are errors."""


@strawberry.type
class Query:
    check_run: CheckRun | None = found(models.CheckRun)
    """A check of yours."""
    check_runs: Connection[CheckRun] = listed(
        models.CheckRun, CheckRunFilter, CheckRunOrder
    )
    """Your checks."""


@strawberry.type
class Mutation:
    @strawberry.mutation(metadata=costing(100))
    async def check_run_start(
        self, info: Info, input: CheckRunStartInput
    ) -> CheckRunStartPayload:
        """Have a worker say whether data or predictions are still what they were."""
        done = await perform_once(info, input, checks.start, input.question())
        return CheckRunStartPayload(check_run=done.row, **done.created)

    @strawberry.mutation
    async def check_run_cancel(
        self, info: Info, input: CheckRunCancelInput
    ) -> CheckRunCancelPayload:
        """Stop a check: at once while it waits, soon while a worker is at it."""
        id_ = row_id(input.id, models.CheckRun)
        done = await perform(info, tasks.cancel_check, id_)
        return CheckRunCancelPayload(check_run=done.row, **done.told)


@strawberry.type
class Subscription:
    @strawberry.subscription(graphql_type=CheckRun)
    def check_run_progress(
        self, info: Info, id: strawberry.ID
    ) -> AsyncIterator[models.CheckRun]:
        """A check as it stands, then whenever it has got further, to its end."""
        id_ = row_id(id, models.CheckRun)
        return states(lambda: checks.follow(info.context, id_))
