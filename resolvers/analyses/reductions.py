"""Runs the analyses that a worker does: maps and summaries."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from compute.parameters import Parameters
from compute.remote import FIT, SUMMARY
from compute.results import Fitted
from compute.tables.schemas import feature_columns
from db.base import utcnow
from db.models import (
    Analysis,
    AnalysisKind,
    AnalysisStatus,
    DatasetVersion,
    Job,
    JobStatus,
    ReductionConfig,
    ReductionResult,
)
from resolvers.analyses.analyses import features_of
from resolvers.context import Context
from resolvers.datasets.uploads import removed_without
from resolvers.errors import Invalid
from resolvers.platform import jobs
from resolvers.writes import Transaction

ENDINGS = {
    JobStatus.FAILED: AnalysisStatus.FAILED,
    JobStatus.CANCELLED: AnalysisStatus.CANCELLED,
}
CHOSEN = ("gamma0", "alpha", "imax", "epsilon", "beta1", "beta2", "a", "w1", "w2")


@dataclass(frozen=True, slots=True)
class Subject:
    """What a job is to analyse."""

    analysis: Analysis
    version: DatasetVersion
    config: ReductionConfig | None


async def run(context: Context, job: Job) -> None:
    """Compute what an analysis asks, and store it as its result."""
    subject = await _begun(context, UUID(job.arguments["analysis_id"]))
    if subject.analysis.kind is AnalysisKind.GENERAL:
        await _summed_up(context, job, subject)
    else:
        await _mapped(context, job, subject)


async def ended(
    write: Transaction, job: Job, status: JobStatus, reason: str | None
) -> None:
    """What becomes of an analysis whose job did not end well."""
    id_ = UUID(job.arguments["analysis_id"])
    analysis = await write.session.get(Analysis, id_, with_for_update=True)
    if analysis:
        busy = (AnalysisStatus.PENDING, AnalysisStatus.RUNNING)
        write.move(analysis, ENDINGS[status], *busy)
        analysis.error_message, analysis.completed_at = reason, utcnow()


async def _begun(context: Context, id_: UUID) -> Subject:
    async with context.transaction() as write:
        analysis = await write.get(Analysis, id_)
        if analysis.dataset_version_id is None:
            raise Invalid("the data of this analysis are gone", "id")
        version = await write.see(DatasetVersion, analysis.dataset_version_id)
        config = analysis.config_id and await write.see(
            ReductionConfig, analysis.config_id
        )
        busy = (AnalysisStatus.PENDING, AnalysisStatus.RUNNING)
        write.move(analysis, AnalysisStatus.RUNNING, *busy)
    return Subject(analysis, version, config or None)


async def _mapped(context: Context, job: Job, subject: Subject) -> None:
    version, config, store = subject.version, subject.config, context.equipment.store
    if config is None:
        raise Invalid("the parameters of this analysis are gone", "id")
    if version.row_count > (most := context.equipment.policy.map_rows):
        raise Invalid(f"a map has at most {most} rows", "dataset")
    names, id_ = features_of(version, config), uuid7()
    key = f"references/{id_.hex}"
    async with store.local(version.file_path) as source, store.scratch() as target:
        given = (source, names, _parameters(config), target)
        fitted: Fitted = await _computed(context, job, FIT, *given)
        await store.keep(target, key)
    result = ReductionResult(
        id=id_,
        owner_id=subject.analysis.owner_id,
        file_upload_id=version.file_upload_id,
        dataset_version_id=version.id,
        config_id=config.id,
        x_values=fitted.x,
        y_values=fitted.y,
        point_count=len(fitted.x),
        cost=fitted.cost,
        evaluations=fitted.evaluations,
        reference_path=key,
        reference_sha256=fitted.sha256,
        feature_count=len(names),
    )
    async with (
        removed_without(context, ReductionResult, id_, key),
        context.transaction() as write,
    ):
        await _completed(write, subject, fitted.figures, result)
        await jobs.finish(write, job)


async def _summed_up(context: Context, job: Job, subject: Subject) -> None:
    version = subject.version
    async with context.equipment.store.local(version.file_path) as source:
        names = feature_columns(version.schema)
        results = await _computed(context, job, SUMMARY, source, names, version.profile)
    async with context.transaction() as write:
        await _completed(write, subject, results)
        await jobs.finish(write, job)


async def _completed(
    write: Transaction,
    subject: Subject,
    figures: dict[str, Any],
    result: ReductionResult | None = None,
) -> None:
    analysis = await write.get(Analysis, subject.analysis.id)
    write.move(analysis, AnalysisStatus.COMPLETED, AnalysisStatus.RUNNING)
    analysis.completed_at, analysis.results = utcnow(), figures
    if result:
        analysis.dinsight_id = (await write.add(result)).id


async def _computed(context: Context, job: Job, function: Any, *given: Any) -> Any:
    """As `jobs.computed`. Numbers that will not do are for the user to put right."""
    try:
        return await jobs.computed(context, job, (0.0, 1.0), function, *given)
    except ValueError as error:
        raise Invalid(str(error), "dataset") from error
    except MemoryError as error:
        raise Invalid("this takes more memory than there is", "dataset") from error


def _parameters(config: ReductionConfig) -> Parameters:
    chosen: dict[str, Any] = {name: getattr(config, name) for name in CHOSEN}
    return Parameters(
        optimizer=config.optimizer.value,
        which_w1="auto" if config.which_w1 == "auto" else "fixed",
        param_mode=config.param_mode,
        **chosen,
    )
