"""Compares: a worker's part of a check."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from compute.drift.options import Options, Verdict
from compute.remote import DRIFT, INPUT_DRIFT, PERFORMANCE, PREDICTION_DRIFT, QUALITY
from db.base import utcnow
from db.models import (
    CheckKind,
    CheckRun,
    CheckVerdict,
    DatasetVersion,
    Job,
    JobStatus,
    ModelVersion,
    TrainingJob,
)
from resolvers.context import Context
from resolvers.errors import Invalid
from resolvers.models import lots
from resolvers.models.windows import Windows
from resolvers.monitoring import drifts
from resolvers.platform import jobs
from resolvers.writes import Transaction

GOING = (JobStatus.QUEUED, JobStatus.RUNNING)
READ = 0.3
"""The share of the work that is done when predictions are read."""
VERDICTS: Mapping[str, CheckVerdict] = {
    Verdict.DRIFT.value: CheckVerdict.FAILED,
    Verdict.NO_DRIFT.value: CheckVerdict.PASSED,
    Verdict.UNKNOWN.value: CheckVerdict.UNKNOWN,
}
"""What a comparison says, as a check says it."""


async def run(context: Context, job: Job) -> None:
    """Compare, keep what was found, and raise alerts of it: all, or nothing."""
    check = await _begun(context, _id(job))
    results = await _compared(context, job, check)
    async with context.transaction() as write:
        done = await write.get(CheckRun, check.id)
        write.move(done, JobStatus.COMPLETED, JobStatus.RUNNING)
        done.verdict = VERDICTS[results.pop("verdict")]
        done.results, done.completed_at = results, utcnow()
        if done.kind is CheckKind.DRIFT and done.dataset_id:
            await drifts.judge(write, done, drifted(results))
        await jobs.finish(write, job)


async def ended(
    write: Transaction, job: Job, status: JobStatus, reason: str | None
) -> None:
    """What becomes of a check whose work did not end well."""
    check = await write.session.get(CheckRun, _id(job), with_for_update=True)
    if check:
        write.move(check, status, *GOING)
        check.error_message, check.completed_at = reason, utcnow()


def drifted(results: dict[str, Any]) -> float:
    """The share of the columns that drifted; 1 where only all together did."""
    verdicts = [one["verdict"] for one in results["columns"]]
    told = [one for one in verdicts if one != Verdict.UNKNOWN.value]
    if found := told.count(Verdict.DRIFT.value):
        return found / len(told)
    return float(results["joint"]["verdict"] == Verdict.DRIFT.value)


def _id(job: Job) -> UUID:
    return UUID(job.arguments["check_run_id"])


async def _begun(context: Context, id_: UUID) -> CheckRun:
    async with context.transaction() as write:
        check = await write.get(CheckRun, id_)
        write.move(check, JobStatus.RUNNING, *GOING)
    return check


async def _compared(context: Context, job: Job, check: CheckRun) -> dict[str, Any]:
    """What came of it. What the data make impossible is for the user to put right."""
    try:
        if check.kind is CheckKind.PERFORMANCE:
            return await _truths(context, job, check)
        if check.dataset_id:
            return await _data(context, job, check)
        return await _predictions(context, job, check)
    except ValueError as error:
        raise Invalid(str(error), "columns") from error
    except MemoryError as error:
        raise Invalid("this takes more memory than there is", "dataset") from error


async def _data(context: Context, job: Job, check: CheckRun) -> dict[str, Any]:
    """A version of a dataset beside another."""
    versions = context.loaders.row(DatasetVersion)
    current = _there(await versions.load(_there(check.dataset_version_id)))
    reference = _there(await versions.load(_there(check.reference_version_id)))
    compared = DRIFT if check.kind is CheckKind.DRIFT else QUALITY
    store = context.equipment.store
    async with (
        store.local(reference.file_path) as before,
        store.local(current.file_path) as now,
    ):
        given = (before, now, _options(check))
        return await jobs.computed(context, job, (0.0, 1.0), compared, *given)


async def _predictions(context: Context, job: Job, check: CheckRun) -> dict[str, Any]:
    """A window of predictions beside another, or beside a version of a dataset."""
    version, windows = _there(check.model_version_id), Windows.read(check.config)
    current = await lots.lot(context, version, windows.current)
    await jobs.report(context, job, READ / 2)
    store, span = context.equipment.store, (READ, 1.0)
    if windows.reference is None:
        rows = context.loaders.row(DatasetVersion)
        data = _there(await rows.load(_there(check.reference_version_id)))
        async with store.local(data.file_path) as before, store.scratch() as path:
            given = (before, current, path, _options(check))
            return await jobs.computed(context, job, span, INPUT_DRIFT, *given)
    reference = await lots.lot(context, version, windows.reference)
    await jobs.report(context, job, READ)
    async with store.scratch() as before, store.scratch() as now:
        given = (reference, current, (before, now), _options(check))
        return await jobs.computed(context, job, span, PREDICTION_DRIFT, *given)


async def _truths(context: Context, job: Job, check: CheckRun) -> dict[str, Any]:
    """What a model said beside what was true."""
    rows = context.loaders.row(ModelVersion)
    version = _there(await rows.load(_there(check.model_version_id)))
    window = Windows.read(check.config).current
    found = await lots.truths(context, version.id, window)
    jobs_ = context.loaders.row(TrainingJob)
    training = version.training_job_id and await jobs_.load(version.training_job_id)
    given = (found, lots.trained(version, training or None))
    return await jobs.computed(context, job, (READ, 1.0), PERFORMANCE, *given)


def _options(check: CheckRun) -> Options:
    return Options(columns=check.config.get("columns"))


def _there(row: Any) -> Any:
    """What is compared. Raises Invalid where it was deleted meanwhile."""
    if row is None:
        raise Invalid("what this compares was deleted", "id")
    return row
