"""What the server counts, for Prometheus."""

import asyncio
import time
from collections.abc import Generator
from contextlib import contextmanager

import sqlalchemy as sa
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.requests import Request
from starlette.responses import Response

from db.models import Job, JobStatus
from db.session import Database
from resolvers.access import SYSTEM, visible
from resolvers.equipment import Equipment
from schema.explaining import execution_of
from server.families import Member
from server.remembered import Remembered

PATIENCE = 2.0
"""Seconds for the database to say how its jobs are."""
REGISTRY = CollectorRegistry()
PROCESS = ProcessCollector(registry=REGISTRY)
REQUESTS = Counter(
    "heliograph_requests",
    "HTTP requests answered",
    ("method", "status"),
    registry=REGISTRY,
)
OPERATIONS = Counter(
    "heliograph_operations",
    "GraphQL operations answered, by kind and by execution",
    ("kind", "execution"),
    registry=REGISTRY,
)
SECONDS = Histogram(
    "heliograph_operation_seconds",
    "Seconds that a GraphQL operation took",
    ("kind",),
    registry=REGISTRY,
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
SUBSCRIPTIONS = Gauge(
    "heliograph_subscriptions_running", "Subscriptions running", registry=REGISTRY
)
WHOLE = CollectorRegistry()
"""What is the same whichever process is asked."""
ANSWERS = Counter(
    "heliograph_subscription_answers",
    "Answers made for subscriptions, each for all who ask the same",
    registry=REGISTRY,
)
TOLD = Counter(
    "heliograph_subscription_messages",
    "Answers given to subscribers",
    registry=REGISTRY,
)
JOBS = Gauge("heliograph_jobs", "Jobs by how far they are", ("status",), registry=WHOLE)
CONNECTIONS = Gauge(
    "heliograph_database_connections",
    "Database connections in use",
    ("pool",),
    registry=REGISTRY,
)


QUERIED = SECONDS.labels("query")
AT_ONCE = OPERATIONS.labels("query", "compiled")


@contextmanager
def timed(kind: str) -> Generator[None]:
    """Count the seconds that an operation takes, however it ends."""
    begun = time.perf_counter()
    try:
        yield
    finally:
        SECONDS.labels(kind).observe(time.perf_counter() - begun)


def count(kind: str, data: object) -> None:
    """Count an operation by which execution answered it."""
    OPERATIONS.labels(kind, execution_of(data)).inc()


def read_at_once(seconds: float) -> None:
    """Count a query that was answered before any machinery was set in motion."""
    QUERIED.observe(seconds)
    AT_ONCE.inc()


def counted(database: Database) -> CollectorRegistry:
    """What was counted in this process, once it has looked at what it has not."""
    for name, engine in (("read", database.readers), ("write", database.writers)):
        CONNECTIONS.labels(name).set(getattr(engine.pool, "checkedout", int)())
    CONNECTIONS.labels("read").inc(database.direct.busy)
    return REGISTRY


class Metrics:
    """What is told of one process, or of its whole family, when it is asked."""

    def __init__(self, equipment: Equipment, member: Member | None = None) -> None:
        self._equipment = equipment
        self._member = member
        self._jobs = Remembered(self._counted)

    async def answer(self, _: Request) -> Response:
        await self._jobs.get()
        member = self._member
        here = counted(self._equipment.database)
        found = await member.counted() if member else here
        text = generate_latest(found) + generate_latest(WHOLE)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    async def _counted(self) -> None:
        """Count the jobs by how far they are."""
        database = self._equipment.database
        total = sa.func.count().label("total")
        jobs = visible(SYSTEM, Job).with_only_columns(Job.status, total)
        try:
            async with asyncio.timeout(PATIENCE), database.read() as session:
                found = await session.execute(jobs.group_by(Job.status))
                counts = {one.status: one.total for one in found}
        except (TimeoutError, DBAPIError, PoolTimeoutError, OSError):
            JOBS.clear()  # an old count would look like a new one
            return
        for status in JobStatus:
            JOBS.labels(status.value).set(counts.get(status, 0))
