"""How a job ends, whatever befalls it."""

import asyncio
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from db.models import AuditEntry, Job, JobStatus, StoredEvent, User
from db.session import Database
from resolvers import tasks
from resolvers.access import SYSTEM, Actor, BaseRole, visible
from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.errors import Invalid
from resolvers.platform import jobs
from resolvers.policy import Policy
from schema.ids import spell
from server.worker import work
from tests.conftest import As, Ask, Listen
from tests.factories import ROLES
from tests.platform.conftest import TASK, Claim, Doing, Now, Past

CANCEL = """mutation ($id: ID!) { jobCancel(input: {id: $id}) {
  job { status } userErrors { code field }
} }"""
PROGRESS = "subscription ($id: ID!) { jobProgress(id: $id) { status progress } }"
SECRET = "the password is hunter2"  # noqa: S105  nobody's


async def finished(context: Context, job: Job) -> None:
    async with context.transaction() as write:
        await jobs.finish(write, job)


async def broken(*_: Any) -> None:
    raise ZeroDivisionError(SECRET)


async def attempt(as_: As, claim: Claim) -> None:
    await tasks.run(as_(SYSTEM), await claim())


async def test_a_job_that_is_done_is_written_down_and_told(
    as_: As, job: Job, claim: Claim, doing: Doing, now: Now, database: Database
) -> None:
    doing(finished)
    await attempt(as_, claim)
    ended = await now(job)
    assert (ended.status, ended.progress) == (JobStatus.COMPLETED, 1.0)
    assert ended.finished_at
    async with database.read() as session:
        entry = (await session.scalars(visible(SYSTEM, AuditEntry))).one()
        event = (await session.scalars(visible(SYSTEM, StoredEvent))).one()
    assert (entry.action, entry.status) == (f"job.{TASK}", "success")
    assert (event.owner_id, event.topic, event.row_id) == (job.owner_id, "job", job.id)


async def test_a_job_is_run_as_its_owner_is_now(
    as_: As, job: Job, claim: Claim, doing: Doing, database: Database
) -> None:
    actors: list[Actor] = []

    async def look(context: Context, job: Job) -> None:
        actors.append(context.actor)
        await finished(context, job)

    doing(look)
    async with database.write.begin() as session:
        owner = await session.get_one(User, job.owner_id)
        owner.role_id = ROLES[BaseRole.VIEWER]
    await attempt(as_, claim)
    assert actors == [Actor(job.owner_id, BaseRole.VIEWER)]


async def test_what_is_our_fault_is_tried_three_times_and_told_without_detail(
    as_: As, job: Job, claim: Claim, doing: Doing, now: Now, past: Past
) -> None:
    endings = doing(broken)
    for status in ("queued", "queued", "failed"):
        await attempt(as_, claim)
        assert (await now(job)).status == status
        await past("run_at")
    ended = await now(job)
    assert ended.attempts == 3
    assert ended.error
    assert str(job.id) in ended.error
    assert SECRET not in ended.error
    assert [status for status, _ in endings] == [JobStatus.FAILED]


async def test_what_the_owner_can_put_right_is_told_at_once(
    as_: As, job: Job, claim: Claim, doing: Doing, now: Now
) -> None:
    async def refused(*_: Any) -> None:
        raise Invalid("a map needs at least 2 rows")

    doing(refused)
    await attempt(as_, claim)
    ended = await now(job)
    assert (ended.status, ended.error) == ("failed", "a map needs at least 2 rows")


async def test_a_job_that_takes_its_worker_with_it_is_given_up(
    as_: As, job: Job, claim: Claim, doing: Doing, now: Now, past: Past
) -> None:
    endings = doing(finished)
    for _ in range(3):
        await claim()
        await past("leased_until")
    await attempt(as_, claim)
    assert (await now(job)).status is JobStatus.FAILED
    assert [status for status, _ in endings] == [JobStatus.FAILED]


async def test_nothing_is_done_for_an_account_that_is_closed(
    as_: As, job: Job, claim: Claim, doing: Doing, now: Now, database: Database
) -> None:
    doing(finished)
    async with database.write.begin() as session:
        await session.execute(sa.update(User).values(is_active=False))
    await attempt(as_, claim)
    ended = await now(job)
    assert (ended.status, ended.error) == (
        "failed",
        "the account that asked for this is not active",
    )


async def test_a_job_that_takes_too_long_is_stopped(
    equipment: Equipment, job: Job, claim: Claim, doing: Doing, now: Now
) -> None:
    async def slow(*_: Any) -> None:
        await asyncio.sleep(60)

    doing(slow)
    hasty = replace(equipment, policy=Policy(job_runtime=0.1))
    await tasks.run(Context(hasty, SYSTEM), await claim())
    ended = await now(job)
    assert ended.status is JobStatus.FAILED
    assert "too long" in (ended.error or "")


async def test_a_job_that_waits_is_cancelled_at_once(
    ask: Ask, as_: As, job: Job, doing: Doing, now: Now
) -> None:
    endings = doing(finished)
    data = await ask(CANCEL, id=spell(job))
    assert data["jobCancel"] == {"job": {"status": "CANCELLED"}, "userErrors": []}
    assert await jobs.claim(as_(SYSTEM)) is None
    assert (await now(job)).finished_at
    assert [status for status, _ in endings] == [JobStatus.CANCELLED]


async def test_a_job_that_runs_is_cancelled_soon(
    ask: Ask, as_: As, job: Job, claim: Claim, doing: Doing, now: Now
) -> None:
    async def work(context: Context, job: Job) -> None:
        data = await ask(CANCEL, id=spell(job))
        assert data["jobCancel"]["job"] == {"status": "RUNNING"}
        await jobs.report(context, job, 0.5)

    endings = doing(work)
    await attempt(as_, claim)
    assert (await now(job)).status is JobStatus.CANCELLED
    assert [status for status, _ in endings] == [JobStatus.CANCELLED]


async def test_a_job_that_has_ended_cannot_be_cancelled(
    ask: Ask, as_: As, job: Job, claim: Claim, doing: Doing, now: Now
) -> None:
    doing(finished)
    await attempt(as_, claim)
    data = await ask(CANCEL, id=spell(job))
    [error] = data["jobCancel"]["userErrors"]
    assert error == {"code": "INVALID_TRANSITION", "field": ["id"]}
    assert (await now(job)).status is JobStatus.COMPLETED


async def test_the_progress_of_a_job_is_followed_to_its_end(
    listen: Listen, job: Job, doing: Doing, equipment: Equipment
) -> None:
    async def slow(context: Context, job: Job) -> None:
        for share in (0.25, 0.5):
            await jobs.report(context, job, share)
            await asyncio.sleep(0.1)
        await finished(context, job)

    doing(slow)
    followed = await listen(PROGRESS, id=spell(job))
    seen = [(await anext(followed))["jobProgress"]]
    worker = asyncio.create_task(work(equipment))
    async with asyncio.timeout(20):
        seen += [event["jobProgress"] async for event in followed]
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    assert seen[0] == {"status": "QUEUED", "progress": 0.0}
    assert seen[-1] == {"status": "COMPLETED", "progress": 1.0}
    assert 0.5 in [one["progress"] for one in seen]
    assert sorted(one["progress"] for one in seen) == [one["progress"] for one in seen]


async def test_a_worker_that_is_stopped_gives_back_what_it_was_at(
    equipment: Equipment, job: Job, doing: Doing, now: Now
) -> None:
    begun = asyncio.Event()

    async def slow(*_: Any) -> None:
        begun.set()
        await asyncio.sleep(60)

    doing(slow)
    worker = asyncio.create_task(work(equipment))
    await asyncio.wait_for(begun.wait(), 10)
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    back = await now(job)
    assert (back.status, back.attempts) == (JobStatus.QUEUED, 0)


async def test_a_worker_outlives_what_befalls_its_jobs(
    equipment: Equipment, job: Job, doing: Doing, database: Database
) -> None:
    ended = asyncio.Event()

    async def lost(*_: Any) -> None:
        async with database.write.begin() as session:
            again = {"fence": Job.fence + 1, "status": JobStatus.QUEUED}
            await session.execute(sa.update(Job).values(again))
        raise ZeroDivisionError

    async def fine(*_: Any) -> None:
        ended.set()
        await asyncio.sleep(60)

    runs = iter([lost, fine])

    async def first_lost_then_fine(*given: Any) -> None:
        await next(runs)(*given)

    doing(first_lost_then_fine)
    worker = asyncio.create_task(work(equipment))
    await asyncio.wait_for(ended.wait(), 10)
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
