"""Whole dataset versions put to models, by a worker."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from compute.learning.lines import (
    AT_ONCE,
    Inputs,
    Told,
    Written,
    gaps,
    sound,
    together,
)
from compute.remote import BATCH, BATCH_WRITTEN, PREVIEW
from db.models import (
    BatchPrediction,
    DatasetVersion,
    Job,
    JobStatus,
    UsageMetric,
)
from resolvers.access import Permission, require
from resolvers.analyses.analyses import newest
from resolvers.billing import counters
from resolvers.billing.entitlements import entitled
from resolvers.context import Context
from resolvers.datasets import storage
from resolvers.errors import Invalid
from resolvers.models.choices import Chosen, Which, chosen
from resolvers.platform import jobs
from resolvers.writes import Transaction

TASK = "batchPredict"
ELSEWHERE = 100_000
"""The most rows that are put to a model that was not trained here."""
SAID_AS = {
    "text": {"string"},
    "timestamp": {"string"},
    "integer": {"integer", "number"},
    "float": {"number"},
    "boolean": {"boolean"},
}
"""As what of JSON a column of each kind is given."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What is put to which version: a dataset version, or the newest of a dataset."""

    which: Which
    dataset_id: UUID | None
    version_id: UUID | None
    chosen: Chosen = field(compare=False)


async def meant(
    context: Context, which: Which, dataset_id: UUID | None, version_id: UUID | None
) -> Batch:
    """What is asked, before anything is written. Raises a Refusal."""
    require(context.actor, Permission.PREDICT)
    require(context.actor, Permission.RUN_JOBS)
    if (dataset_id is None) == (version_id is None):
        raise Invalid("say one of `dataset` and `datasetVersion`", "dataset")
    await storage.left(context, BatchPrediction)
    return Batch(which, dataset_id, version_id, await chosen(context, which))


async def start(write: Transaction, batch: Batch) -> BatchPrediction:
    """Have a worker put every row to the model."""
    owner_id = require(write.actor, Permission.PREDICT)
    if batch.version_id is not None:
        data = await write.see(DatasetVersion, batch.version_id, "dataset_version")
    elif batch.dataset_id is not None:
        data = await newest(write, batch.dataset_id)
    else:
        raise AssertionError
    inputs_of(batch.chosen, data)
    row = await write.add(
        BatchPrediction(
            owner_id=owner_id,
            model_version_id=batch.chosen.id,
            dataset_version_id=data.id,
            row_count=data.row_count,
        )
    )
    job = await write.enqueue(TASK, owner_id, batch_id=str(row.id))
    row.job_id = job.id
    await entitled(write, UsageMetric.PREDICTIONS, data.row_count)
    return row


def inputs_of(version: Chosen, data: DatasetVersion) -> Inputs:
    """The columns that a version is given. Raises Invalid where they do not fit."""
    schema = version.input_schema or {}
    kinds = {column["name"]: column["type"] for column in data.schema}
    wanted: dict[str, Any] = schema.get("properties") or {one: {} for one in kinds}
    required = set(schema.get("required", ()))
    for name, said in wanted.items():
        if name not in kinds and name in required:
            known = ", ".join([*kinds][:20])
            raise Invalid(
                f"the model asks for column {name!r}, and there are {known}", "dataset"
            )
        if name in kinds and not _fits(kinds[name], said):
            raise Invalid(f"column {name!r} is of kind {kinds[name]}", "dataset")
    if not version.trained and data.row_count > ELSEWHERE:
        most = f"at most {ELSEWHERE} rows are put to a model that was not trained here"
        raise Invalid(f"{most}, not {data.row_count}", "dataset")
    columns = [name for name in wanted if name in kinds]
    return Inputs(columns, [one for one in columns if _empty(wanted[one])])


async def run(context: Context, job: Job) -> None:
    """Ask the model of every row, and keep what it says as a file."""
    row, data = await _begun(context, UUID(job.arguments["batch_id"]))
    version = await chosen(context, Which(version=row.model_version_id))
    inputs, key = inputs_of(version, data), f"batches/{uuid7().hex}"
    store = context.equipment.store
    async with store.local(data.file_path) as table, store.scratch() as target:
        work = Work(context, job, version, inputs, table, target)
        done = await (
            work.here() if version.trained else work.elsewhere(data.row_count)
        )
        await store.keep(target, key)
    async with context.transaction() as write:
        kept = await write.get(BatchPrediction, row.id)
        kept.file_path, kept.sha256 = key, done.sha256
        kept.file_size, kept.failed_count = done.size_bytes, done.failed
        await jobs.finish(write, job)


async def ended(
    write: Transaction, job: Job, status: JobStatus, reason: str | None
) -> None:
    """What becomes of a batch whose job did not end well."""
    id_ = UUID(job.arguments["batch_id"])
    batch = await write.session.get(BatchPrediction, id_, with_for_update=True)
    if batch:
        batch.error_message = reason or f"its job was {status}"
        about = (batch.row_count, batch.created_at)
        await counters.give_back(write, batch.owner_id, UsageMetric.PREDICTIONS, *about)


async def _begun(context: Context, id_: UUID) -> tuple[BatchPrediction, DatasetVersion]:
    async with context.transaction() as write:
        row = await write.see(BatchPrediction, id_)
        if row.dataset_version_id is None:
            raise Invalid("the data of this batch are gone", "id")
        return row, await write.see(DatasetVersion, row.dataset_version_id)


@dataclass(frozen=True, slots=True)
class Work:
    """A table that is put to a version, and where its answers go."""

    context: Context
    job: Job
    version: Chosen
    inputs: Inputs
    table: Path
    target: Path

    async def here(self) -> Written:
        """By one process, which loads the model."""
        store, version = self.context.equipment.store, self.version
        async with store.local(version.file_path) as model:
            given = (self.table, self.inputs, model, version.sha256, self.target)
            return await self._computed((0.0, 1.0), BATCH, *given)

    async def elsewhere(self, count: int) -> Written:
        """By the process that asks models of others, some rows at a time."""
        told: list[Told] = []
        while len(told) < count:
            told += await self._some(len(told))
            await jobs.report(self.context, self.job, 0.9 * len(told) / count)
        given = (self.table, told, self.target)
        return await self._computed((0.9, 1.0), BATCH_WRITTEN, *given)

    async def _some(self, first: int) -> list[Told]:
        columns, context = self.inputs.columns, self.context
        given = (str(self.table), first, AT_ONCE, columns)
        found = await context.compute.run(PREVIEW, *given, slow=True)
        rows = [dict(zip(columns, row, strict=True)) for row in found]
        why = gaps(self.inputs, rows)
        answers: list[Any] = []
        if asked := sound(rows, why):
            models = context.equipment.models
            answers += await models.answers(self.version.file, asked)
        return [*together(why, answers)]

    async def _computed(
        self, span: tuple[float, float], function: Any, *given: Any
    ) -> Any:
        """As `jobs.computed`; what will not do is for the user to put right."""
        try:
            return await jobs.computed(self.context, self.job, span, function, *given)
        except ValueError as error:
            raise Invalid(str(error), "model_version") from error
        except MemoryError as error:
            said = "this takes more memory than there is"
            raise Invalid(said, "dataset") from error


def _fits(kind: str, said: Any) -> bool:
    """Whether a column of a kind can be what a schema says of it."""
    types = said.get("type") if isinstance(said, dict) else None
    wanted = {types} if isinstance(types, str) else set(types or ())
    return not wanted or bool(SAID_AS.get(kind, set()) & wanted)


def _empty(said: Any) -> bool:
    """Whether a schema allows null."""
    types = said.get("type") if isinstance(said, dict) else None
    return types is None or "null" in types
