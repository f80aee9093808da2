"""Files of models on their way in: kept as they came, and looked into with care."""

import math
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from db.models import Model, ModelVersion
from resolvers import documents
from resolvers.access import Permission, require
from resolvers.billing.stocks import writable
from resolvers.context import Context
from resolvers.datasets import storage, uploads
from resolvers.descriptions import described
from resolvers.errors import Invalid, Missing
from resolvers.models.inspection import Found, inspected
from resolvers.models.schemas import checked_schema, violation
from resolvers.models.versions import labelled, number_and_add
from resolvers.platform.actions import Done, accounted, act
from resolvers.writes import Transaction

EXAMPLE = 64 * 1024
"""Bytes of an input example as JSON."""
ALGORITHM, FRAMEWORK, METRIC = 100, 50, 100
"""The most characters of each; the last is a metric's name."""
METRICS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What its owner says of a version."""

    label: str | None = None
    description: str | None = None
    tags: list[str] = field(default_factory=list[str])
    meta: Any = None
    metrics: Any = None
    algorithm: str | None = None
    framework: str | None = None
    input_schema: Any = None
    output_schema: Any = None
    input_example: Any = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that is kept under a key, and what was found in it."""

    id: UUID = field(compare=False)
    key: str = field(compare=False)
    size: int
    sha256: str
    found: Found = field(compare=False)


async def take(  # noqa: PLR0913, PLR0917  what its mutation is told
    context: Context,
    action: str,
    key: str | None,
    model_id: UUID,
    said: Said,
    chunks: AsyncIterator[bytes],
) -> Done:
    """Make a version of a file as it comes. Whatever it is, it is kept.

    Only one that cannot run code is loaded, to see what it takes and gives.
    """
    begun = accounted(context, action, _kept(context, model_id, said, chunks))
    kept = await begun
    if isinstance(kept, Done):
        return kept
    most = context.equipment.policy.storage_bytes
    async with uploads.removed_without(context, ModelVersion, kept.id, kept.key):
        done = await act(context, action, key, create, model_id, kept, said, most)
    if done.replayed or done.row is None:
        await context.equipment.store.remove(kept.key)
    return done


async def create(
    write: Transaction, model_id: UUID, kept: Kept, said: Said, most: int
) -> ModelVersion:
    """Write down that a version has come. Raises Exhausted where there is no room."""
    require(write.actor, Permission.EDIT_MODELS)
    await storage.keep(write, kept.size, most)
    await writable(write, Model, model_id, "model")
    found, said = kept.found, checked(said)
    version = ModelVersion(
        id=kept.id,
        file_path=kept.key,
        file_size=kept.size,
        sha256=kept.sha256,
        artifact=found.kind,
        loadable=found.loadable,
        warnings=found.warnings,
        algorithm=said.algorithm or found.algorithm,
        framework=said.framework or found.framework,
        label=said.label,
        description=said.description,
        tags=said.tags,
        meta=said.meta,
        metrics=said.metrics,
        input_example=said.input_example,
        created_by=write.actor.user_id,
        **_signature(said, found),
    )
    return await number_and_add(write, model_id, version)


def checked(said: Said) -> Said:
    """What is said, once it is known that it can be kept. Raises Invalid."""
    about = described(description=said.description, tags=said.tags, meta=said.meta)
    example = said.input_example
    if example is not None:
        example = documents.described(example, EXAMPLE, "input_example")
    schema = checked_schema(said.input_schema, "input_schema")
    if schema and example is not None and (wrong := violation(schema, example)):
        path, message = wrong
        raise Invalid(message, "input_example", *map(str, path))
    return replace(
        said,
        **about,
        label=labelled(said.label),
        metrics=_metrics(said.metrics),
        algorithm=_short(said.algorithm, ALGORITHM, "algorithm"),
        framework=_short(said.framework, FRAMEWORK, "framework"),
        input_schema=schema,
        output_schema=checked_schema(said.output_schema, "output_schema"),
        input_example=example,
    )


def _signature(said: Said, found: Found) -> dict[str, Any]:
    """What a version takes and gives: as its owner says, or else as its file does."""
    own = said.input_schema is not None or said.output_schema is not None
    told = found.input_schema is not None or found.output_schema is not None
    return {
        "input_schema": said.input_schema or found.input_schema,
        "output_schema": said.output_schema or found.output_schema,
        "signature_source": "owner" if own else "file" if told else None,
    }


def _metrics(metrics: Any) -> dict[str, float]:
    """Measures by name. Raises Invalid."""
    if metrics is None:
        return {}
    if not isinstance(metrics, dict) or len(metrics) > METRICS:
        raise Invalid(f"metrics are up to {METRICS} numbers by name", "metrics")
    given: Mapping[str, Any] = metrics
    for name, value in given.items():
        if not 1 <= len(name) <= METRIC:
            raise Invalid(f"a name has from 1 to {METRIC} characters", "metrics")
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not math.isfinite(value):
            raise Invalid(
                f"a metric is a finite number, not {value!r}", "metrics", name
            )
    return {name: float(value) for name, value in given.items()}


def _short(text: str | None, most: int, field: str) -> str | None:
    if text is not None and not 1 <= len(text := text.strip()) <= most:
        raise Invalid(f"it has from 1 to {most} characters", field)
    return text


async def _kept(
    context: Context, model_id: UUID, said: Said, chunks: AsyncIterator[bytes]
) -> Kept:
    require(context.actor, Permission.EDIT_MODELS)
    checked(said)
    if await context.loaders.row(Model).load(model_id) is None:
        raise Missing("no Model has this id", "model")
    store, policy = context.equipment.store, context.equipment.policy
    most = min(policy.upload_bytes, await storage.left(context))
    async with store.scratch() as path:
        size, sha256 = await uploads.written(path, chunks, most)
        if not size:
            raise Invalid("the file is empty", "file")
        found = await inspected(context, path, sha256)
        id_ = uuid7()
        key = f"models/{id_.hex}"
        await store.keep(path, key)
    return Kept(id_, key, size, sha256, found)
