"""Jobs to do, and tasks in which what is wanted happens."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from db.base import utcnow
from db.models import Job
from db.session import Database
from resolvers import tasks
from resolvers.access import SYSTEM, Actor, visible
from resolvers.context import Context
from resolvers.platform import jobs
from tests.conftest import As, Save
from tests.factories import a_job

Claim = Callable[[], Awaitable[Job]]
Doing = Callable[[Callable[..., Awaitable[None]]], list[Any]]
Now = Callable[..., Awaitable[Job]]
Past = Callable[..., Awaitable[None]]
TASK = "sorting"


@pytest.fixture
async def job(save: Save, analyst: Actor) -> Job:
    return await save(a_job(analyst, task=TASK))


@pytest.fixture
def claim(as_: As) -> Claim:
    """Claim a job that is there to be claimed."""

    async def claim() -> Job:
        job = await jobs.claim(as_(SYSTEM))
        assert job
        return job

    return claim


@pytest.fixture
def doing(monkeypatch: pytest.MonkeyPatch) -> Doing:
    """Have this done for a job; gives the list of how rows of jobs were told to end."""

    def doing(run: Callable[[Context, Job], Awaitable[None]]) -> list[Any]:
        endings: list[Any] = []

        async def ended(_write: Any, _job: Job, status: Any, reason: Any) -> None:
            endings.append((status, reason))

        monkeypatch.setattr(tasks, "TASKS", {TASK: tasks.Task(run, ended)})
        return endings

    return doing


@pytest.fixture
def now(database: Database) -> Now:
    """A job as it is now."""

    async def now(job: Job) -> Job:
        async with database.read() as session:
            rows = visible(SYSTEM, Job).where(Job.id == job.id)
            return (await session.execute(rows)).scalar_one()

    return now


@pytest.fixture
def past(database: Database) -> Past:
    """Let time go by: a moment of all jobs is over."""

    async def past(column: str) -> None:
        async with database.write.begin() as session:
            before = {column: utcnow() - timedelta(seconds=1)}
            await session.execute(sa.update(Job).values(before))

    return past
