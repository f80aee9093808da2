"""Analyses: described, run, stopped, deleted."""

from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from compute.tables.errors import TableError
from compute.tables.schemas import feature_range
from db.base import utcnow
from db.models import (
    Alert,
    AlertStatus,
    Analysis,
    AnalysisKind,
    AnalysisStatus,
    Dataset,
    DatasetVersion,
    ReductionConfig,
    ReductionResult,
    UsageMetric,
)
from resolvers.access import Permission, changeable, require, visible
from resolvers.analyses import configs
from resolvers.billing.entitlements import entitled
from resolvers.context import Context
from resolvers.datasets import datasets
from resolvers.errors import Conflict, Invalid
from resolvers.platform import jobs
from resolvers.writes import Transaction

NAME = 255
TASK = "analysisRun"
FEWEST = 3
"""Rows of which a map can be made."""
LEAST, MOST = 0.5, 5.0
"""Between which a sensitivity lies."""


async def create(  # noqa: PLR0913, PLR0917  what its mutation is told
    write: Transaction,
    kind: AnalysisKind,
    name: str | None = None,
    dataset_id: UUID | None = None,
    config_id: UUID | None = None,
    reference_id: UUID | None = None,
    sensitivity: float = 3.0,
    *,
    id_: UUID | None = None,
) -> Analysis:
    """Describe an analysis: of a dataset, or for monitoring of a map.

    Only the server itself gives an id, of a row that its documentation names.
    """
    owner_id = require(write.actor, Permission.EDIT_ANALYSES)
    if not LEAST <= sensitivity <= MOST:
        said = f"a sensitivity is from {LEAST} to {MOST}, not {sensitivity}"
        raise Invalid(said, "sensitivity")
    if config_id is not None and kind is not AnalysisKind.REDUCTION:
        raise Invalid(f"a {kind} analysis has no parameters of its own", "config")
    if kind is AnalysisKind.MONITORING:
        about = await _against(write, reference_id, dataset_id)
    elif reference_id is not None:
        raise Invalid("only a monitoring analysis has a reference", "reference")
    else:
        about = await _of(write, kind, dataset_id, config_id)
    dataset = await write.see(Dataset, about["dataset_id"], "dataset")
    if dataset.owner_id != owner_id:
        raise Invalid("an analysis is of data of one's own", "dataset")
    said = f"{kind} of {dataset.name}"[:NAME] if name is None else name.strip()
    if not 1 <= len(said) <= NAME:
        raise Invalid(f"a name has from 1 to {NAME} characters", "name")
    given = {"name": said, "kind": kind, "sensitivity": sensitivity}
    return await write.add(Analysis(id=id_, owner_id=owner_id, **given, **about))


async def run(write: Transaction, id_: UUID) -> Analysis:
    """Begin. A map and a summary wait for a worker; monitoring takes points at once."""
    require(write.actor, Permission.RUN_JOBS)
    analysis = await write.get(Analysis, id_)
    before = (AnalysisStatus.DRAFT, AnalysisStatus.FAILED)
    if analysis.kind is AnalysisKind.MONITORING:
        if analysis.dinsight_id is None:
            raise Conflict("the map this was to watch against is gone", "id")
        write.move(analysis, AnalysisStatus.RUNNING, *before, AnalysisStatus.CANCELLED)
    else:
        if analysis.dataset_version_id is None:
            raise Conflict("the data of this analysis are gone", "id")
        write.move(analysis, AnalysisStatus.PENDING, *before)
        job = await write.enqueue(TASK, analysis.owner_id, analysis_id=str(id_))
        analysis.job_id = job.id
        analysis.error_message = analysis.completed_at = None
    if analysis.dataset_id:
        used = sa.update(Dataset).where(Dataset.id == analysis.dataset_id)
        now = utcnow()
        await write.session.execute(used.values(last_analysis_at=now))
        write.note(
            Dataset(id=analysis.dataset_id), "last_analysis_at", None, now.isoformat()
        )
    await entitled(write, UsageMetric.ANALYSES)
    return analysis


async def stop(write: Transaction, analysis: Analysis) -> Analysis:
    """End a monitoring analysis: it takes no more points until it is run again."""
    write.move(analysis, AnalysisStatus.CANCELLED, AnalysisStatus.RUNNING)
    return analysis


async def delete(write: Transaction, id_: UUID) -> Analysis:
    """Delete an analysis, and the points and anomalies that it has.

    Its alerts stay, but for those that were yet to fire.
    """
    require(write.actor, Permission.EDIT_ANALYSES)
    analysis = await write.get(Analysis, id_)
    busy = {AnalysisStatus.PENDING, AnalysisStatus.RUNNING}
    if analysis.kind is not AnalysisKind.MONITORING and analysis.status in busy:
        raise Conflict("this analysis is being run; cancel it first", "id")
    about = changeable(write.actor, Alert).where(
        Alert.analysis_id == id_, Alert.status == AlertStatus.PENDING
    )
    for alert in await write.session.scalars(about.with_for_update()):
        await write.delete(alert)
    await write.delete(analysis)
    return analysis


async def delete_dataset(
    write: Transaction, dataset_id: UUID, expected: int | None = None
) -> Dataset:
    """Delete a dataset, and what means nothing without it; summaries of it stay."""
    require(write.actor, Permission.EDIT_DATASETS)
    await write.get(Dataset, dataset_id, expected=expected)
    rows = changeable(write.actor, Analysis).where(
        Analysis.dataset_id == dataset_id, Analysis.kind != AnalysisKind.GENERAL
    )
    for analysis in await write.session.scalars(rows.with_for_update()):
        await write.delete(analysis)
    maps = changeable(write.actor, ReductionResult).join(
        DatasetVersion, DatasetVersion.id == ReductionResult.dataset_version_id
    )
    of = maps.where(DatasetVersion.dataset_id == dataset_id)
    write.discarded += await write.session.scalars(
        of.with_only_columns(ReductionResult.reference_path)
    )
    return await datasets.delete(write, dataset_id, expected)


def follow(context: Context, id_: UUID) -> AsyncGenerator[Analysis]:
    """An analysis as it stands, then whenever its job has got further, to its end."""
    return jobs.follow_for(context, Analysis, id_)


async def _of(
    write: Transaction,
    kind: AnalysisKind,
    dataset_id: UUID | None,
    config_id: UUID | None,
) -> dict[str, Any]:
    """What a map or a summary is made of: the newest version of a dataset."""
    if dataset_id is None:
        raise Invalid(f"a {kind} analysis needs a dataset", "dataset")
    version = await newest(write, dataset_id)
    about = {
        "dataset_id": dataset_id,
        "dataset_version_id": version.id,
        "file_upload_id": version.file_upload_id,
    }
    if kind is AnalysisKind.REDUCTION:
        if config_id is None:
            config = await configs.usual(write, write.actor)
        else:
            config = await write.see(ReductionConfig, config_id, "config")
        features_of(version, config)
        about["config_id"] = config.id
    return about


async def _against(
    write: Transaction, reference_id: UUID | None, dataset_id: UUID | None
) -> dict[str, Any]:
    """What new points are compared with: a finished map."""
    if reference_id is None:
        raise Invalid("a monitoring analysis needs a map as reference", "reference")
    result = await write.see(ReductionResult, reference_id, "reference")
    version = await write.see(DatasetVersion, result.dataset_version_id)
    if dataset_id not in {None, version.dataset_id}:
        raise Invalid("the reference is a map of another dataset", "dataset")
    return {
        "dataset_id": version.dataset_id,
        "dataset_version_id": version.id,
        "file_upload_id": result.file_upload_id,
        "dinsight_id": result.id,
        "config_id": result.config_id,
    }


async def newest(write: Transaction, dataset_id: UUID) -> DatasetVersion:
    """The newest version of a dataset. Raises Conflict where there is none yet."""
    await write.see(Dataset, dataset_id, "dataset")
    rows = visible(write.actor, DatasetVersion, by_key=True)
    mine = rows.where(DatasetVersion.dataset_id == dataset_id)
    version = await write.session.scalar(
        mine.order_by(DatasetVersion.number.desc()).limit(1)
    )
    if version is None:
        raise Conflict("this dataset has not been processed yet", "dataset")
    return version


def features_of(version: DatasetVersion, config: ReductionConfig) -> list[str]:
    """The columns that a map is made of. Raises Invalid, naming the one at fault."""
    try:
        names = feature_range(version.schema, config.start_dim, config.end_dim)
    except TableError as error:
        which = f"of {config.start_dim!r} to {config.end_dim!r}"
        raise Invalid(f"{which}: {error}", "config") from error
    if version.row_count < FEWEST:
        said = f"a map needs at least {FEWEST} rows, not {version.row_count}"
        raise Invalid(said, "dataset")
    return names
