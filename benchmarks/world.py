"""What a database holds that has been in use for a while: always the same.

One owner has a tenth of everything, and the others share the rest evenly. Rows of all
owners arrive mixed, as they would, and their ids are in the order of their arrival.
"""

from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

import numpy as np

from db import models
from db.base import Base

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
RESULTS, ANALYSES, POINTS, RULES, ALERTS = 3, 10, 10, 4, 12
"""Of a version, of a result, of an analysis, of a dataset, and of one analysis in 4."""
ODD = (1, 2, 3, 4, 6, 7, 8, 9)
"""The places of an analysis's points that are anomalies."""
WIDTH = 8
"""Numbers of a point."""
KINDS: tuple[type[Base], ...] = (
    models.User,
    models.Dataset,
    models.FileUpload,
    models.DatasetVersion,
    models.ReductionResult,
    models.Analysis,
    models.AlertRule,
    models.MonitorPoint,
    models.Anomaly,
    models.Alert,
)
"""What there is, parents first."""


class Size(NamedTuple):
    """Owners beside the large one, and how many datasets each of them has."""

    owners: int = 50
    datasets: int = 30

    @property
    def large(self) -> int:
        """Datasets of the large owner: a tenth of all."""
        return max(1, round(self.owners * self.datasets / 9))


class Arrived(NamedTuple):
    """A row's identity, and when it came."""

    id: UUID
    at: datetime


def arrived(model: type[Base], number: int) -> Arrived:
    """The row that was the so-and-so-many-th of its table to come."""
    kind = KINDS.index(model)
    first = timedelta(days=min(kind, 7), minutes=kind)
    at = BEGAN + first + number * timedelta(seconds=10, microseconds=7)
    since = round(at.timestamp() * 1000)
    version, variant = 0x7 << 76, 0b10 << 62
    return Arrived(UUID(int=since << 80 | version | kind << 64 | variant | number), at)


def email(owner: int) -> str:
    """The address of an owner; 0 is the large one."""
    return f"owner-{owner}@example.org"


class World:
    """All rows of one size."""

    def __init__(self, size: Size, password_hash: str = "") -> None:
        self.size, self.password_hash = size, password_hash
        rest = size.owners * size.datasets
        whose = [0] * size.large + [1 + number % size.owners for number in range(rest)]
        self.owners: list[int] = chance("owners").permutation(whose).tolist()
        """Of each dataset, the number of its owner."""
        self.analyses = len(whose) * RESULTS * ANALYSES

    @cached_property
    def order(self) -> list[int]:
        """The order in which the analyses are sent points."""
        return chance("order").permutation(self.analyses).tolist()

    @cached_property
    def turns(self) -> list[int]:
        """Of each analysis, its place in that order."""
        return np.argsort(self.order).tolist()

    @cached_property
    def distances(self) -> list[float]:
        """How far the points are from normal, apart from their threshold."""
        return chance("distances").gamma(2, 0.7, POINTS * self.analyses).tolist()

    def owner(self, number: int) -> UUID:
        return arrived(models.User, number).id

    def datasets(self, owner: int) -> list[int]:
        """The numbers of an owner's datasets, the oldest first."""
        return [number for number, whose in enumerate(self.owners) if whose == owner]


def chance(what: str) -> np.random.Generator:
    """Chance, the same for the same thing."""
    return np.random.default_rng([*what.encode()])
