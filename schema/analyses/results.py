"""Maps, and their points."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import strawberry
from strawberry.scalars import JSON

from db import models
from resolvers.analyses import points
from resolvers.lists import Page
from schema.analyses.configs import ReductionConfig
from schema.connections import Connection
from schema.datasets.uploads import FileUpload
from schema.datasets.versions import DatasetVersion
from schema.edges import found, listed, to_many, to_one
from schema.lists.analyses import (
    AnalysisFilter,
    AnalysisOrder,
    ReductionResultFilter,
    ReductionResultOrder,
)
from schema.nodes import Entity, Info
from schema.reads import costing
from schema.refs import AnalysisRef

Sample = Annotated[
    int | None,
    strawberry.argument(description="How many points, evenly spaced: 1 to 1,000."),
]


@strawberry.type
class MapPoint:
    """A row of the data, as a point of a map."""

    row: int
    """Which row: 0 is the first row of data."""
    x: float
    """Where it lies, to the right."""
    y: float
    """Where it lies, upwards."""

    @strawberry.field(graphql_type=JSON, metadata=costing(1))
    async def metadata(self, info: Info) -> Any:
        """What the row says besides its features, by column."""
        point: Any = self
        return await points.metadata(info.context, point)


@dataclass(frozen=True, slots=True)
class Drawn:
    """The object under a connection of points: a page that is already there."""

    drawn: Page[Any]
    count: int

    async def page(self) -> Page[Any]:
        return self.drawn

    async def rows(self) -> Any:
        return self.drawn.rows

    async def nodes(self) -> Any:
        return [row for row, _ in self.drawn.rows]

    async def total(self) -> int:
        return self.count


@strawberry.type
class ReductionResult(Entity, of=models.ReductionResult):
    """A map: a point in the plane for each row. It never changes."""

    created_at: datetime
    point_count: int
    feature_count: int
    cost: float
    evaluations: int
    config: ReductionConfig | None = to_one(models.ReductionResult.config_id)
    """The parameters that it was made with."""
    dataset_version: DatasetVersion = to_one(models.ReductionResult.dataset_version_id)
    """The version that it is of."""
    file_upload: FileUpload = to_one(models.ReductionResult.file_upload_id)
    """The file that it is of."""
    analyses: Connection[AnalysisRef] = to_many(
        models.Analysis.dinsight_id, AnalysisFilter, AnalysisOrder
    )
    """The analysis that made it, and those that watch points against it."""

    @strawberry.field(graphql_type=Connection[MapPoint])
    async def points(  # noqa: PLR0913, PLR0917  the arguments of a connection
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        sample: Sample = None,
    ) -> Any:
        """Its points in order of the rows, or some of them evenly spaced."""
        row: Any = self
        drawn = points.page(row, first, after, last, before, sample)
        return Drawn(drawn, row.point_count if sample is None else len(drawn.rows))


@strawberry.type
class Query:
    reduction_result: ReductionResult | None = found(models.ReductionResult)
    """A map of yours."""
    reduction_results: Connection[ReductionResult] = listed(
        models.ReductionResult, ReductionResultFilter, ReductionResultOrder
    )
    """Your maps."""
