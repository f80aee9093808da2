"""What is broken off at any point ends there, and leaves nothing locked."""

import asyncio
from collections.abc import Awaitable, Generator
from typing import Any

from db.models import Job
from resolvers import tasks
from resolvers.access import SYSTEM, Actor
from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.platform import jobs
from tests.conftest import Save
from tests.factories import a_job
from tests.platform.conftest import TASK, Doing


class Interrupted:
    """Something awaited whose task is cancelled the n-th time that it has to wait."""

    def __init__(self, awaited: Awaitable[Any], at: int) -> None:
        self._awaited, self._left = awaited, at

    @property
    def reached(self) -> bool:
        return self._left <= 0

    def __await__(self) -> Generator[Any, Any, Any]:
        steps, error = self._awaited.__await__(), None
        while True:
            try:
                waits = steps.throw(error) if error else next(steps)
            except StopIteration as end:
                return end.value
            self._left -= 1
            if self._left == 0 and (task := asyncio.current_task()):
                task.cancel()
            error = None
            try:
                yield waits
            except BaseException as raised:  # noqa: BLE001  it is passed on
                error = raised


async def outcome(awaited: Interrupted) -> Any:
    """What comes of it: an exception, or what it gives."""

    async def alone() -> Any:
        return await awaited

    async with asyncio.timeout(20):
        task = asyncio.create_task(alone())
        return (await asyncio.gather(task, return_exceptions=True))[0]


async def test_a_job_that_is_broken_off_anywhere_ends_so_and_locks_nothing(
    equipment: Equipment, doing: Doing, save: Save, analyst: Actor
) -> None:
    async def brief(context: Context, job: Job) -> None:
        async with context.transaction() as write:
            await jobs.finish(write, job)

    async def one() -> None:
        claimed = await jobs.claim(Context(equipment, SYSTEM))
        assert claimed
        await tasks.run(Context(equipment), claimed)

    doing(brief)
    at, ends = 0, list[type[Any]]()
    while True:
        at += 1
        await save(a_job(analyst, task=TASK))  # nothing holds the lock of the database
        attempt = Interrupted(one(), at)
        end = await outcome(attempt)
        if not attempt.reached:
            break
        ends.append(type(end))
    assert end is None
    assert len(ends) > 10
    assert set(ends) == {asyncio.CancelledError}
