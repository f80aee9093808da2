"""What is done again and again goes on, whatever becomes of it."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from db.base import first_id, utcnow
from resolvers.access import SYSTEM
from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.platform import months, ticks
from resolvers.platform.schedule import Routine
from server import scheduler
from tests.waiting import until


async def test_what_fails_stops_nothing_and_is_done_at_its_next_tick(
    equipment: Equipment, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[str] = []

    async def fail(_: Context) -> None:
        runs.append("failed")
        raise RuntimeError

    async def work(_: Context) -> None:
        runs.append("worked")

    both = (Routine("fails", 10**9, fail, ""), Routine("works", 1, work, ""))
    monkeypatch.setattr(scheduler, "ROUTINES", both)
    monkeypatch.setattr(scheduler, "PAUSE", 0.01)
    task = asyncio.create_task(scheduler.run(equipment))
    await until(lambda: runs.count("worked") >= 3)
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert runs.count("failed") == 1


async def test_no_routine_waits_for_another(
    equipment: Equipment, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = asyncio.Event()

    async def wait(_: Context) -> None:
        await other.wait()

    async def work(_: Context) -> None:
        other.set()

    both = (Routine("waits", 3600, wait, ""), Routine("works", 3600, work, ""))
    monkeypatch.setattr(scheduler, "ROUTINES", both)
    task = asyncio.create_task(scheduler.run(equipment))
    async with asyncio.timeout(60):
        await other.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_database_that_is_away_is_waited_for(
    equipment: Equipment, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs, claim, away = list[str](), ticks.claim, [ConnectionError, ConnectionError]

    async def claimed(context: Context, name: str, tick: int) -> object:
        if away:
            raise away.pop()
        return await claim(context, name, tick)

    async def work(_: Context) -> None:
        runs.append("worked")

    monkeypatch.setattr(ticks, "claim", claimed)
    monkeypatch.setattr(scheduler, "ROUTINES", (Routine("works", 3600 * 24, work, ""),))
    monkeypatch.setattr(scheduler, "PAUSE", 0.01)
    task = asyncio.create_task(scheduler.run(equipment))
    await until(lambda: runs)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert not away


async def test_the_audit_log_has_a_part_for_this_month_and_the_next_three(
    equipment: Equipment,
) -> None:
    context = Context(equipment, SYSTEM)
    for _ in ("once", "and again"):
        await months.prepare(context)
    if equipment.database.dialect == "postgresql":
        parts = sa.text(
            "SELECT count(*) FROM pg_inherits WHERE inhparent = 'audit_log'::regclass"
        )
        async with equipment.database.read() as session:
            assert await session.scalar(parts) == 1 + 1 + months.AHEAD


@given(st.datetimes(datetime(1970, 2, 1), datetime(9999, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001  hypothesis adds the zone
def test_months_follow_each_other(now: datetime) -> None:
    found = months.months(now)
    assert len(found) == 1 + months.AHEAD
    assert (found[0].year, found[0].month) == (now.year, now.month)
    for one, after in pairwise(found):
        assert timedelta(days=28) <= after - one <= timedelta(days=31)
        assert (one.day, one.hour) == (1, 0)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001  hypothesis adds the zone
def test_an_id_of_a_moment_is_below_all_that_are_made_after(moment: datetime) -> None:
    assert first_id(moment) < first_id(moment + timedelta(seconds=1))
    assert first_id(utcnow() - timedelta(seconds=1)) < uuid7()
    assert uuid7() < first_id(utcnow() + timedelta(seconds=1))
