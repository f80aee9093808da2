"""Keeps the leases of running jobs, whatever the worker's loop is held up by."""

import asyncio
import logging
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Self
from uuid import UUID

import sqlalchemy as sa

from db.models import Job, JobStatus
from db.session import Database
from resolvers.platform.jobs import lease
from resolvers.policy import Policy

logger = logging.getLogger(__name__)
BEATS = 3
"""Renewals in the time of a lease."""


class Heartbeat:
    """A thread with a loop and a connection of its own, for one worker."""

    def __init__(self, url: str, policy: Policy) -> None:
        self._url, self._policy = url, policy
        self._kept: dict[UUID, int] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    @contextmanager
    def keeping(self, job: Job) -> Generator[None]:
        """Renew a job's lease for as long as this lasts."""
        self._kept[job.id] = job.fence
        try:
            yield
        finally:
            del self._kept[job.id]

    def _beat(self) -> None:
        while not self._ended.wait(self._policy.job_lease / BEATS):
            if self._kept:
                try:
                    asyncio.run(self._renew(dict(self._kept)))
                except Exception:  # the database may be gone; it will be back
                    logger.exception("no lease could be renewed")

    async def _renew(self, kept: dict[UUID, int]) -> None:
        database = Database(self._url, readers=1, writers=1)
        until = lease(self._policy)
        try:
            async with database.write.begin() as session:
                for id_, fence in kept.items():
                    mine = (Job.id == id_) & (Job.fence == fence)
                    running = mine & (Job.status == JobStatus.RUNNING)
                    renewed = sa.update(Job).where(running)
                    await session.execute(renewed.values(leased_until=until))
        finally:
            await database.close()
