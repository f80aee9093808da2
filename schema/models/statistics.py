"""How models are used, in figures, and how two versions differ."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from db import models
from resolvers.models import comparing, statistics
from schema.ids import row_id
from schema.nodes import Info
from schema.refs import ModelVersionRef

USUAL = 30
Window = Annotated[
    int | None,
    strawberry.argument(description="Of how many days up to now; of all, if not said."),
]
Days = Annotated[
    int, strawberry.argument(description="How many days up to now: 30, if not said.")
]
Other = Annotated[strawberry.ID, strawberry.argument(description="Another version.")]


@strawberry.type
class ModelVersionStatistics:
    """A version's predictions in figures. Days whose predictions are gone count too."""

    total: int
    """Predictions."""
    failed: int
    """Those of them that failed."""
    error_rate: float | None
    """The share that failed, from 0 to 1; null if there are none."""
    average_ms: float | None
    """How long the model took on average, in milliseconds."""
    p50_ms: float | None
    """What half of the predictions that are still kept took at most."""
    p95_ms: float | None
    """What 95 of 100 took at most."""
    p99_ms: float | None
    """What 99 of 100 took at most."""
    labels: JSON
    """How often each label was said."""


@strawberry.type
class DailyUsage:
    """What models were asked on one day."""

    date: date
    """The day, in UTC."""
    prediction_count: int
    """Predictions."""
    failed: int
    """Those of them that failed."""
    average_ms: float | None
    """How long a model took on average, in milliseconds."""


@strawberry.type
class MeasureDifference:
    """One measure of two versions."""

    name: str
    """Its name."""
    mine: float | None
    """What this version has."""
    other: float | None
    """What the other version has."""
    difference: float | None
    """How much more the other has."""


@strawberry.type
class SchemaChange:
    """A place in a schema where two versions differ."""

    path: str
    """The path to it, as a JSON Pointer has it."""
    mine: JSON | None
    """What is there in this version."""
    other: JSON | None
    """What is there in the other."""


@strawberry.type
class ModelVersionComparison:
    """A version beside another, perhaps of another model."""

    other: ModelVersionRef
    """The other."""
    same_algorithm: bool
    """Whether both were fitted in the same way."""
    same_data: bool
    """Whether both were trained on the same version of a dataset."""
    metrics: list[MeasureDifference]
    """How good they are, by name."""
    input_changes: list[SchemaChange]
    """Where they take something else."""
    output_changes: list[SchemaChange]
    """Where they give something else."""
    mine_live: ModelVersionStatistics
    """How this one is used."""
    other_live: ModelVersionStatistics
    """How the other is used."""


async def of_version(root: Any, info: Info, days: Window = None) -> Any:
    """How it is used."""
    return (await _statistics(info, [root.id], days))[0]


async def usage(root: Any, info: Info, days: Days = USUAL) -> list[DailyUsage]:
    """What their models were asked on each day, the newest first."""
    found = await statistics.usage(info.context, root.id, days)
    return [
        DailyUsage(
            date=date.fromisoformat(name),
            prediction_count=day.total,
            failed=day.failed,
            average_ms=day.average_ms,
        )
        for name, day in found
    ]


async def compared(root: Any, info: Info, id: Other) -> Any:
    """Itself beside another version; null where there is none of this id."""
    mine, rows = root, info.context.loaders.row(models.ModelVersion)
    other = await rows.load(row_id(id, models.ModelVersion))
    if other is None:
        return None
    data = mine.dataset_version_id
    mine_live, other_live = await _statistics(info, [mine.id, other.id], None)
    return ModelVersionComparison(
        other=other,
        same_algorithm=mine.algorithm == other.algorithm,
        same_data=data is not None and data == other.dataset_version_id,
        metrics=[
            MeasureDifference(
                name=one.name,
                mine=one.mine,
                other=one.other,
                difference=one.difference,
            )
            for one in comparing.measures(mine.metrics, other.metrics)
        ],
        input_changes=_changes(mine.input_schema, other.input_schema),
        output_changes=_changes(mine.output_schema, other.output_schema),
        mine_live=mine_live,
        other_live=other_live,
    )


def _changes(mine: Any, other: Any) -> list[SchemaChange]:
    found = comparing.changes(mine or {}, other or {})
    return [
        SchemaChange(path=one.path, mine=one.mine, other=one.other) for one in found
    ]


async def _statistics(
    info: Info, ids: list[UUID], days: int | None
) -> list[ModelVersionStatistics]:
    """The figures of some versions, asked for together with those of others."""

    async def batch(ids: list[UUID]) -> list[statistics.Statistics]:
        return await statistics.of_versions(info.context, ids, days)

    found = await info.context.loaders.of(("statistics", days), batch).load_many(ids)
    return [_shown(one) for one in found]


def _shown(found: statistics.Statistics) -> ModelVersionStatistics:
    whole, (p50, p95, p99) = found.all, found.percentiles
    return ModelVersionStatistics(
        total=whole.total,
        failed=whole.failed,
        error_rate=whole.failed / whole.total if whole.total else None,
        average_ms=whole.average_ms,
        p50_ms=p50,
        p95_ms=p95,
        p99_ms=p99,
        labels=JSON(dict(whole.labels)),
    )
