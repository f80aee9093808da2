"""The points of a map, a page at a time or thinned out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiodataloader import DataLoader

from compute.remote import PICK
from db.models import DatasetVersion, ReductionConfig, ReductionResult
from resolvers.context import Context
from resolvers.errors import BadRequest
from resolvers.lists import LARGEST, USUAL, Page, Placed

MOST = 1_000
"""The most points of a sample."""
CELLS = 20_000
"""The most cells of metadata that are read at once."""


@dataclass(frozen=True, slots=True)
class DrawnPoint:
    """One point, and which map it is of."""

    result: ReductionResult
    row: int
    x: float
    y: float


def page(  # noqa: PLR0913, PLR0917  the arguments of a connection
    result: ReductionResult,
    first: int | None,
    after: str | None,
    last: int | None,
    before: str | None,
    sample: int | None,
) -> Page[Any]:
    """Points in order of the rows. A sample is evenly spaced, and comes whole."""
    count = result.point_count
    if sample is not None:
        if any(one is not None for one in (first, after, last, before)):
            raise BadRequest("a sample comes whole: ask for it or for a page")
        return _page(result, _spaced(count, sample), 0, sample)
    if first is not None and last is not None:
        raise BadRequest("ask for the first points or for the last, not both")
    size = USUAL if first is None and last is None else first if last is None else last
    if size is None or not 1 <= size <= LARGEST:
        raise BadRequest(f"a page has from 1 to {LARGEST} points")
    start = 0 if after is None else _row(after) + 1
    stop = count if before is None else min(_row(before), count)
    if last is None:
        return _page(result, range(count), start, min(stop, start + size))
    return _page(result, range(count), max(start, stop - size), stop)


async def metadata(context: Context, point: DrawnPoint) -> dict[str, Any]:
    """What a point's row says besides its features; several are read together."""
    key = ("metadata", point.result.id)

    async def batch(rows: list[int]) -> list[dict[str, Any]]:
        return await _metadata(context, point.result, rows)

    loader: DataLoader[int, dict[str, Any]] = context.loaders.of(key, batch)
    return await loader.load(point.row)


async def _metadata(
    context: Context, result: ReductionResult, rows: list[int]
) -> list[dict[str, Any]]:
    version = await context.loaders.row(DatasetVersion).load(result.dataset_version_id)
    config = await context.loaders.row(ReductionConfig).load(result.config_id)
    if version is None or config is None:
        return [{} for _ in rows]
    names = _besides([one["name"] for one in version.schema], config)
    if not names:
        return [{} for _ in rows]
    if len(rows) * len(names) > CELLS:
        said = f"{len(rows)} rows of {len(names)} columns of metadata are too many"
        raise BadRequest(f"{said}: {CELLS} cells are read at once")
    async with context.equipment.store.local(version.file_path) as path:
        cells = await context.compute.run(PICK, str(path), rows, names)
    return [dict(zip(names, row, strict=True)) for row in cells]


def _besides(names: list[str], config: ReductionConfig) -> list[str]:
    """The columns outside the range of the features, in the file's order."""
    start, end = names.index(config.start_dim), names.index(config.end_dim)
    return names[:start] + names[end + 1 :]


def _page(
    result: ReductionResult, rows: Sequence[int], start: int, stop: int
) -> Page[Any]:
    x, y = result.x_values, result.y_values
    chosen = rows[start:stop]
    points = [
        Placed(DrawnPoint(result, row, x[row], y[row]), str(row)) for row in chosen
    ]
    return Page(points, start > 0, stop < len(rows))


def _spaced(count: int, sample: int) -> list[int]:
    if not 1 <= sample <= MOST:
        raise BadRequest(f"a sample has from 1 to {MOST} points")
    few = min(sample, count)
    return [place * count // few for place in range(few)]


def _row(cursor: str) -> int:
    if not cursor.isdecimal() or len(cursor) > 9:
        raise BadRequest(f"no cursor of these points is {cursor!r}")
    return int(cursor)
