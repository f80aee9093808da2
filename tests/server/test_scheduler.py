"""What is done again and again: once, by one process, and written down."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from db.base import utcnow
from db.models import (
    AuditEntry,
    IdempotencyKey,
    RefreshToken,
    Session,
    StoredEvent,
    Tick,
)
from resolvers.access import SYSTEM, Actor, visible
from resolvers.audit import verification
from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.platform import months, retention
from server import scheduler
from server.scheduler import Routine, due
from tests.conftest import Save
from tests.factories import a_refresh_token, a_session

LONG_AGO = timedelta(days=400)


async def count(equipment: Equipment, model: type[Any]) -> int:
    rows = visible(SYSTEM, model).with_only_columns(sa.func.count(model.id))
    async with equipment.database.read() as session:
        return await session.scalar(rows) or 0


async def last_deleted(equipment: Equipment) -> dict[str, str]:
    rows = visible(SYSTEM, AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)
    async with equipment.database.read() as session:
        entry = (await session.scalars(rows)).one()
    assert entry.action == retention.ACTION
    return entry.payload["deleted"]


def made(age: timedelta) -> Any:
    """An id as it was made some time ago."""
    return retention.first_id(utcnow() - age)


async def test_of_many_processes_one_does_what_is_due(equipment: Equipment) -> None:
    done: list[Context] = []

    async def run(context: Context) -> None:
        done.append(context)

    routine = Routine("test", 3600, run)
    async with asyncio.timeout(30):
        asked = (due(equipment, routine, 7200.0 + n) for n in range(12))
        told = await asyncio.gather(*asked)
        assert await due(equipment, routine, 3 * 3600.0)
    assert sorted(told) == [False] * 11 + [True]
    assert len(done) == 2
    assert await count(equipment, Tick) == 2


async def test_what_fails_once_is_done_at_its_next_tick(
    equipment: Equipment, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[str] = []

    async def fail(_: Context) -> None:
        runs.append("failed")
        raise RuntimeError

    async def work(_: Context) -> None:
        runs.append("worked")

    both = (Routine("fails", 3600, fail), Routine("works", 3600, work))
    monkeypatch.setattr(scheduler, "ROUTINES", both)
    monkeypatch.setattr(scheduler, "PAUSE", 0.01)
    task = asyncio.create_task(scheduler.run(equipment))
    await asyncio.sleep(0.5)
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert runs == ["failed", "worked"]


async def test_what_has_expired_is_deleted_and_counted_in_the_audit(
    equipment: Equipment, save: Save, analyst: Actor
) -> None:
    owner, now = analyst.user_id, utcnow()
    old, new = (
        a_session(analyst, expires_at=now - timedelta(days=days)) for days in (31, 29)
    )
    await save(
        old,
        new,
        *(a_refresh_token(one) for one in (old, new)),
        *(
            IdempotencyKey(
                id=made(age),
                owner_id=owner,
                operation="o",
                key=f"{age}",
                fingerprint="f",
            )
            for age in (timedelta(hours=25), timedelta(hours=23))
        ),
        *(
            StoredEvent(
                id=made(age), owner_id=owner, seq=age.days, topic="job", row_id=uuid7()
            )
            for age in (timedelta(days=8), timedelta(days=6))
        ),
        Tick(id=made(timedelta(days=8)), name="test", tick=1),
    )
    await retention.run(Context(equipment, SYSTEM))
    assert await last_deleted(equipment) == {
        "idempotency_keys": "1",
        "events": "1",
        "ticks": "1",
        "refresh_tokens": "1",
        "sessions": "1",
    }
    for model in (IdempotencyKey, StoredEvent, RefreshToken, Session):
        assert await count(equipment, model) == 1
    verdict = await verification.verify(Context(equipment, SYSTEM))
    assert (verdict.checked, verdict.damage) == (1, None)


async def test_much_that_has_expired_is_deleted_in_parts(
    equipment: Equipment, save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 10)
    first = made(LONG_AGO).int
    await save(
        *(
            Tick(id=type(made(LONG_AGO))(int=first + n), name="t", tick=n)
            for n in range(25)
        )
    )
    await retention.run(Context(equipment, SYSTEM))
    assert await count(equipment, Tick) == 0
    assert await count(equipment, AuditEntry) == 3
    assert (await last_deleted(equipment))["ticks"] == "5"


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
    assert retention.first_id(moment) < retention.first_id(
        moment + timedelta(seconds=1)
    )
    assert retention.first_id(utcnow() - timedelta(seconds=1)) < uuid7()
    assert uuid7() < retention.first_id(utcnow() + timedelta(seconds=1))
