"""What is scheduled is done once, by one process, and can be looked at."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from db.base import utcnow
from db.models import RunStatus, ScheduledRun
from resolvers.access import SYSTEM, Actor, BaseRole, Permission, visible
from resolvers.audit import verification
from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.errors import Busy
from resolvers.platform import ticks
from resolvers.platform.schedule import Routine, due
from resolvers.routines import ROUTINES
from schema import schema
from tests.conftest import As, Ask, Someone
from tests.journeys import last_entries
from tests.waiting import until_told

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SCHEDULE = """{ schedule { name purpose everySeconds nextRunAt
  lastRun { id name status attempts startedAt finishedAt counts error } } }"""
RUNS = """query ($filter: ScheduledRunFilter) { scheduledRuns(filter: $filter) {
  totalCount nodes { id name status attempts counts error finishedAt } } }"""
ONE = "query ($id: ID!) { scheduledRun(id: $id) { name } node(id: $id) { id } }"


@pytest.fixture
def system(equipment: Equipment) -> Context:
    return Context(equipment, SYSTEM)


async def nothing(_: Context) -> None:
    """Work that does nothing."""


async def die(_: Context) -> None:
    """Work in the midst of which the process ends."""
    raise asyncio.CancelledError


def routine(run: Any = nothing, every: int = 3600) -> Routine:
    return Routine("sweep", every, run, "Sweeps.")


async def runs(context: Context) -> list[ScheduledRun]:
    rows = visible(SYSTEM, ScheduledRun).order_by(ScheduledRun.id)
    async with context.database.read() as session:
        return list(await session.scalars(rows))


async def begun(context: Context, run: Any = die) -> None:
    """Begin a run whose process then ends, and let its lease go by."""
    with pytest.raises(asyncio.CancelledError):
        await due(context, routine(run), NOON)
    await passed(context)


async def passed(context: Context) -> None:
    past = sa.update(ScheduledRun).values(leased_until=utcnow() - HOUR)
    async with context.transaction() as write:
        await write.session.execute(past)


async def test_of_many_processes_one_does_what_is_due(system: Context) -> None:
    done: list[Context] = []

    async def work(context: Context) -> None:
        done.append(context)

    async with asyncio.timeout(60):
        moments = (NOON + timedelta(seconds=n) for n in range(20))
        asked = (due(system, routine(work), moment) for moment in moments)
        told = await asyncio.gather(*asked)
    assert sorted(told) == [False] * 19 + [True]
    assert await due(system, routine(work), NOON + HOUR)
    assert len(done) == 2
    assert [one.status for one in await runs(system)] == [RunStatus.DONE] * 2


async def test_a_run_says_what_it_did_and_is_in_the_audit_once(system: Context) -> None:
    async def work(_: Context) -> dict[str, int]:
        return {"sessions": 3}

    await due(system, routine(work), NOON)
    [run] = await runs(system)
    assert (run.name, run.status, run.counts) == (
        "sweep",
        RunStatus.DONE,
        {"sessions": 3},
    )
    assert run.finished_at
    assert run.started_at <= run.finished_at
    assert await last_entries(system.database, 5) == [("scheduledRun", "success", "")]
    assert (await verification.verify(system)).damage is None


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RuntimeError("a secret of the server's"), "our fault; quote"),
        (Busy("the database is busy"), "the database is busy"),
    ],
)
async def test_a_run_that_fails_says_so_and_no_more_than_it_may(
    system: Context, error: Exception, said: str
) -> None:
    async def fail(_: Context) -> None:
        raise error

    assert await due(system, routine(fail), NOON)
    assert not await due(system, routine(fail), NOON)
    [run] = await runs(system)
    assert run.status is RunStatus.FAILED
    assert run.error
    assert said in run.error
    assert "secret" not in run.error
    [(action, outcome, _)] = await last_entries(system.database, 5)
    assert (action, outcome) == ("scheduledRun", "failure")
    assert await due(system, routine(), NOON + HOUR)


async def test_a_run_whose_process_ended_is_taken_over_by_one(system: Context) -> None:
    await begun(system)
    done: list[Context] = []

    async def work(context: Context) -> None:
        done.append(context)

    async with asyncio.timeout(60):
        asked = (due(system, routine(work), NOON) for _ in range(12))
        told = await asyncio.gather(*asked)
    assert (sum(told), len(done)) == (1, 1)
    [run] = await runs(system)
    assert (run.status, run.attempts, run.error) == (RunStatus.DONE, 2, None)


async def test_a_run_that_goes_on_is_not_taken_over(
    system: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ticks, "LEASE", 0.9)
    ended, at_it = asyncio.Event(), asyncio.Event()

    async def wait(_: Context) -> None:
        at_it.set()
        await ended.wait()

    first = asyncio.create_task(due(system, routine(wait), NOON))
    async with asyncio.timeout(60):
        await at_it.wait()
        [run] = await runs(system)
        until = run.leased_until or NOON

        async def renewed() -> bool:
            [now] = await runs(system)
            return now.leased_until is not None and now.leased_until > until

        await until_told(renewed)
        monkeypatch.setattr(ticks, "LEASE", 600.0)
        await until_told(long(system))
        assert not await due(system, routine(), NOON)
        ended.set()
        assert await first
    [run] = await runs(system)
    assert run.attempts == 1


def long(context: Context) -> Any:
    """Whether a run is kept for long, so that a slow machine does not lose it."""

    async def long() -> bool:
        [run] = await runs(context)
        return run.leased_until is not None and run.leased_until > utcnow() + HOUR / 12

    return long


async def test_a_process_that_was_given_up_does_not_end_its_run_for_another(
    system: Context,
) -> None:
    late = await ticks.claim(system, "sweep", 1)
    await passed(system)
    mine = await ticks.claim(system, "sweep", 1)
    assert late
    assert mine
    await ticks.finish(system, late, {"sessions": 1}, "too late")
    [run] = await runs(system)
    assert (run.status, run.counts) == (RunStatus.RUNNING, {})
    await ticks.finish(system, mine, {"sessions": 2})
    await ticks.finish(system, mine, {"sessions": 3})
    [run] = await runs(system)
    assert (run.status, run.counts) == (RunStatus.DONE, {"sessions": 2})
    assert len(await last_entries(system.database, 5)) == 1


async def test_what_ends_its_process_each_time_is_tried_three_times(
    system: Context,
) -> None:
    for _ in range(ticks.TRIES):
        await begun(system)
    assert not await due(system, routine(), NOON)
    assert await due(system, routine(), NOON + HOUR)
    first, second = await runs(system)
    assert (first.status, first.attempts) == (RunStatus.FAILED, ticks.TRIES)
    assert first.error == ticks.BROKEN_OFF
    assert second.status is RunStatus.DONE


async def test_the_schedule_says_when_each_was_and_will_be(
    ask: Ask, someone: Someone, system: Context
) -> None:
    admin = await someone(BaseRole.ADMIN)
    before = utcnow()
    told = (await ask(SCHEDULE, admin))["schedule"]
    assert [one["name"] for one in told] == [one.name for one in ROUTINES]
    for one in told:
        assert one["purpose"]
        assert one["lastRun"] is None
        assert before <= datetime.fromisoformat(one["nextRunAt"]) <= utcnow()
    first = ROUTINES[1]
    await due(system, first, NOON)
    one = (await ask(SCHEDULE, admin))["schedule"][1]
    assert one["everySeconds"] == first.every
    assert datetime.fromisoformat(one["nextRunAt"]) == NOON + HOUR
    assert (one["lastRun"]["status"], one["lastRun"]["error"]) == ("DONE", None)
    assert set(one["lastRun"]["counts"]) >= {"sessions", "events"}
    await due(system, first, NOON + HOUR)
    one = (await ask(SCHEDULE, admin))["schedule"][1]
    assert datetime.fromisoformat(one["nextRunAt"]) == NOON + 2 * HOUR


async def test_an_administrator_sees_runs_and_for_others_there_are_none(
    ask: Ask, someone: Someone, system: Context
) -> None:
    admin = await someone(BaseRole.ADMIN)
    await begun(system)
    await due(system, routine(), NOON + HOUR)
    failed = {"status": {"eq": "FAILED"}, "name": {"eq": "sweep"}}
    [one] = (await ask(RUNS, admin, filter=failed))["scheduledRuns"]["nodes"]
    assert one["error"] == ticks.BROKEN_OFF
    assert (await ask(RUNS, admin))["scheduledRuns"]["totalCount"] == 2
    assert (await ask(ONE, admin, id=one["id"]))["node"] == {"id": one["id"]}
    assert (await ask(RUNS))["scheduledRuns"] == {"totalCount": 0, "nodes": []}
    assert await ask(ONE, id=one["id"]) == {"scheduledRun": None, "node": None}


@pytest.mark.parametrize("query", [SCHEDULE, "{ retentionPreview { rows } }"])
async def test_the_schedule_is_for_who_may_see_it(
    as_: As, analyst: Actor, query: str
) -> None:
    result = await schema.execute(query, context_value=as_())
    assert result.errors
    assert (result.errors[0].extensions or {})["code"] == "FORBIDDEN"
    granted = Actor(
        analyst.user_id, BaseRole.USER, frozenset({Permission.RUN_RETENTION})
    )
    result = await schema.execute(query, context_value=as_(granted))
    assert not result.errors
