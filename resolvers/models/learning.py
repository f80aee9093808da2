"""Trains a model: a worker's part of a training job."""

from pathlib import Path
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from compute.learning.plans import Trained
from compute.remote import TRAIN
from db.base import utcnow
from db.models import (
    ArtifactKind,
    Dataset,
    DatasetVersion,
    Job,
    JobStatus,
    Model,
    ModelVersion,
    TrainingJob,
)
from resolvers.context import Context
from resolvers.datasets.uploads import removed_without
from resolvers.errors import Forbidden, Invalid, Missing, Refusal
from resolvers.models import aliases, outcomes, plans, versions
from resolvers.models.choices import TRAINED
from resolvers.platform import jobs
from resolvers.writes import Transaction

GOING = (JobStatus.QUEUED, JobStatus.RUNNING)


async def run(context: Context, job: Job) -> None:
    """Learn what a plan says, and store it as the model's next version."""
    id_ = uuid7()
    key, store = f"models/{id_.hex}", context.equipment.store
    training, data = await _begun(context, _id(job))
    async with store.local(data.file_path) as source, store.scratch() as target:
        trained = await _learnt(context, job, training, source, target)
        await store.keep(target, key)
    version = _version(id_, key, training, trained)
    async with (
        removed_without(context, ModelVersion, id_, key),
        context.transaction() as write,
    ):
        await _completed(write, training, version, trained)
        await jobs.finish(write, job)


async def ended(
    write: Transaction, job: Job, status: JobStatus, reason: str | None
) -> None:
    """What becomes of a training job whose work did not end well."""
    training = await write.session.get(TrainingJob, _id(job), with_for_update=True)
    if training:
        write.move(training, status, *GOING)
        training.error_message, training.completed_at = reason, utcnow()


def _id(job: Job) -> UUID:
    return UUID(job.arguments["training_job_id"])


async def _begun(context: Context, id_: UUID) -> tuple[TrainingJob, DatasetVersion]:
    async with context.transaction() as write:
        training = await write.get(TrainingJob, id_)
        if training.dataset_version_id is None:
            raise Invalid("the data that it learns from are gone", "id")
        data = await write.see(DatasetVersion, training.dataset_version_id)
        write.move(training, JobStatus.RUNNING, *GOING)
        training.started_at = training.started_at or utcnow()
    return training, data


async def _learnt(
    context: Context, job: Job, training: TrainingJob, source: Path, target: Path
) -> Trained:
    """What came of it. What the data make impossible is for the user to put right."""
    given = (source, plans.read(training.config), target)
    try:
        return await jobs.computed(context, job, (0.0, 1.0), TRAIN, *given)
    except ValueError as error:
        raise Invalid(str(error), "dataset") from error
    except MemoryError as error:
        raise Invalid("this takes more memory than there is", "dataset") from error


def _version(
    id_: UUID, key: str, training: TrainingJob, trained: Trained
) -> ModelVersion:
    """A version that is yet to be numbered."""
    return ModelVersion(
        id=id_,
        owner_id=training.owner_id,
        model_id=training.model_id,
        label=training.config["label"],
        algorithm=trained.algorithm.value,
        framework="heliograph",
        artifact=ArtifactKind.HELIOGRAPH,
        loadable=True,
        warnings=trained.warnings,
        file_path=key,
        file_size=trained.size_bytes,
        sha256=trained.sha256,
        input_schema=trained.input_schema,
        output_schema=trained.output_schema,
        input_example=trained.input_example,
        signature_source=TRAINED,
        metrics=metrics(trained.figures),
        meta={"figures": trained.figures, "parameters": trained.parameters},
        training_job_id=training.id,
    )


def metrics(figures: dict[str, Any]) -> dict[str, float]:
    """The figures that are single numbers, by which versions are compared."""
    flat = {**figures, "ece": figures.get("calibration", {}).get("ece")}
    return {
        name: value
        for name, value in flat.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


async def _completed(
    write: Transaction, before: TrainingJob, version: ModelVersion, trained: Trained
) -> None:
    """Store a version and say how it came to be; its data may be gone by now."""
    version.dataset_version_id = await _data(write, before)
    version.created_by = write.actor.user_id
    await _unlabelled(write, version)
    await versions.number_and_add(write, version.model_id, version)
    training = await write.get(TrainingJob, before.id)
    write.move(training, JobStatus.COMPLETED, JobStatus.RUNNING)
    training.model_version_id, training.completed_at = version.id, utcnow()
    training.figures = figures = trained.figures
    training.f1_score = figures.get("f1")
    for name in ("accuracy", "precision", "recall"):
        setattr(training, name, figures.get(name))
    if alias := training.config["alias"]:
        await _aliased(write, version, alias)


async def _unlabelled(write: Transaction, version: ModelVersion) -> None:
    """Take its label from a version, and say so, where another has got it by now."""
    model, label = await write.get(Model, version.model_id), version.label
    if label and await outcomes.labelled(write, model.id, label):
        said = f"it was to have the label {label!r}, which another version has by now"
        version.label, version.warnings = None, [*version.warnings, said]


async def _data(write: Transaction, training: TrainingJob) -> UUID | None:
    """What was learnt from, kept until the write ends; None if it was deleted."""
    if training.dataset_id is None:
        return None
    try:
        await write.see(Dataset, training.dataset_id)
    except Missing:
        return None
    return training.dataset_version_id


async def _aliased(write: Transaction, version: ModelVersion, alias: str) -> None:
    """Have an alias lead to a version; where it may not, the version says why."""
    try:
        await aliases.point(
            write,
            version.id,
            alias,
            expected_number=None,
            protected=None,
            confirm=False,
            reason="it was trained for that",
        )
    except (Forbidden, Refusal) as refusal:
        said = f"the alias {alias!r} was not moved: {refusal}"
        version.warnings = [*version.warnings, said]
