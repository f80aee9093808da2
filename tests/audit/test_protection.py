"""What is in the audit log stays in it, and what comes next always finds a place."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from db.session import Database
from resolvers.audit import entries, verification
from resolvers.audit.walking import Verdict
from resolvers.platform import months
from tests.audit.conftest import Chain
from tests.conftest import As

Clock = Callable[[datetime], None]
CHANGES = ["UPDATE {} SET action = 'x'", "DELETE FROM {}", "TRUNCATE {}"]
PARTS = """SELECT inhrelid::regclass::text FROM pg_inherits
  WHERE inhparent = 'audit_log'::regclass ORDER BY 1"""
FILLED = "SELECT DISTINCT tableoid::regclass::text FROM audit_log ORDER BY 1"
NOW = datetime(2031, 12, 31, 23, 59, tzinfo=UTC)


@pytest.fixture
async def clock(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Clock]:
    """Sets the clock. What months were made are taken away again."""

    def clock(moment: datetime) -> None:
        monkeypatch.setattr(entries, "utcnow", lambda: moment)
        monkeypatch.setattr(months, "utcnow", lambda: moment)

    clock(NOW)
    yield clock
    for part in await parts(database, PARTS):
        if part != "audit_log_default":
            async with database.write.begin() as session:
                await session.execute(sa.text(f"DROP TABLE {part}"))


async def parts(database: Database, query: str) -> list[str]:
    """Tables of which the audit log consists; SQLite has it in one."""
    if database.dialect != "postgresql":
        return []
    async with database.read() as session:
        return list(await session.scalars(sa.text(query)))


async def write(as_: As) -> None:
    async with as_().transaction() as write:
        await entries.append(write, "jobCancel")


@pytest.mark.parametrize("change", CHANGES)
async def test_the_database_refuses_to_change_or_remove_an_entry(
    as_: As, database: Database, chain: Chain, clock: Clock, change: str
) -> None:
    await write(as_)
    await months.prepare(as_())
    clock(NOW + timedelta(days=20))
    await write(as_)
    for table in ["audit_log", *await parts(database, FILLED)]:
        with pytest.raises(DBAPIError):
            async with database.write.begin() as session:
                await session.execute(sa.text(change.format(table)))
    assert [entry.action for entry in await chain()] == ["jobCancel"] * 2


async def test_a_month_that_nobody_made_room_for_takes_entries(
    as_: As, database: Database, clock: Clock
) -> None:
    await write(as_)
    clock(NOW + timedelta(minutes=2))
    await write(as_)
    assert await parts(database, FILLED) in ([], ["audit_log_default"])
    assert await verification.verify(as_()) == Verdict(2, 2)


async def test_months_are_made_beside_what_had_no_month_of_its_own(
    as_: As, database: Database, clock: Clock
) -> None:
    await write(as_)
    for _ in range(2):
        await months.prepare(as_())
    for days in (0, 20, 50):
        clock(NOW + timedelta(days=days))
        await write(as_)
    made = ["audit_log_2032_01", "audit_log_2032_02", "audit_log_default"]
    assert await parts(database, FILLED) in ([], made)
    assert await verification.verify(as_()) == Verdict(4, 4)


def test_room_is_made_for_this_month_and_three_more() -> None:
    made = [f"{month:%Y-%m-%d}" for month in months.months(NOW)]
    assert made == ["2031-12-01", "2032-01-01", "2032-02-01", "2032-03-01"]
