"""What was acknowledged is on the disk, though it did not wait for it alone."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg  # pyright: ignore[reportMissingTypeStubs]  it has none
import pytest
from sqlalchemy.exc import DBAPIError

from db import flushing, migrating
from db.base import utcnow
from db.flushing import Flushes
from db.models import RateLimitWindow
from db.session import Database
from db.walls import SERVICE
from resolvers.access import SYSTEM, visible
from tests import instances
from tests.native import cluster

__all__ = ["cluster"]
CLIENTS, WRITES = 16, 200


@pytest.fixture
async def database(cluster: str) -> AsyncIterator[Database]:
    database = Database(cluster)
    await opened(database)
    yield database
    await database.close()


async def opened(database: Database) -> None:
    """Have a connection to flush by, which is there from the second write on."""
    async with asyncio.timeout(30):
        while not database.writing.flushes.ready():  # noqa: ASYNC110  nothing tells us
            await asyncio.sleep(0.01)


async def write(database: Database, number: int) -> None:
    row = RateLimitWindow(subject=f"{number}", started_at=utcnow(), count=number)
    async with database.writing.begin(SERVICE) as writing:
        await writing.store(row)
        await writing.commit()


async def together(database: Database) -> None:
    async with asyncio.timeout(60):
        await asyncio.gather(*(write(database, one) for one in range(CLIENTS)))


async def found(database: Database) -> set[int]:
    async with database.read() as session:
        rows = visible(SYSTEM, RateLimitWindow).with_only_columns(RateLimitWindow.count)
        return {*await session.scalars(rows)}


async def test_writes_at_a_time_share_a_flush(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    flush, flushes = Flushes._flush, list[object]()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  counted

    async def counted(self: Flushes, connection: Any, before: Any) -> None:
        flushes.append(before)
        await asyncio.sleep(0.05)
        await flush(self, connection, before)

    monkeypatch.setattr(Flushes, "_flush", counted)
    await together(database)
    assert 1 <= len(flushes) < CLIENTS
    assert await found(database) >= {*range(CLIENTS)}


async def test_whoever_is_told_of_anothers_write_waits_for_the_disk_too(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A replay, say, of what was committed and is not acknowledged yet."""
    monkeypatch.setattr(flushing, "FLUSH", "SELECT pg_sleep(0.5)")
    async with database.writing.begin(SERVICE):
        first = asyncio.create_task(write(database, 200))
        async with asyncio.timeout(30):
            while 200 not in await found(database):  # noqa: ASYNC110  nothing tells us
                await asyncio.sleep(0)
        assert not first.done()
        await database.settled()
        assert first.done()
        await first


async def test_a_flush_by_another_connection_says_nothing(database: Database) -> None:
    flushes = database.writing.flushes
    before = flushes.ready()
    assert before
    before.terminate()
    await opened(database)
    with pytest.raises(asyncpg.InterfaceError):
        await flushes.flushed(before)


async def test_whoever_writes_alone_waits_for_no_other_connection(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(Flushes, "flushed", never)
    await write(database, 100)
    assert 100 in await found(database)


async def test_a_flush_that_is_lost_is_told_and_the_next_write_goes_well(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = "SELECT pg_terminate_backend(pg_backend_pid())"
    with monkeypatch.context() as patch:
        patch.setattr(flushing, "FLUSH", gone)
        async with database.writing.begin(SERVICE):
            with pytest.raises(DBAPIError) as told:
                await write(database, 101)
    assert told.value.connection_invalidated  # so that nobody takes it for undone
    await together(database)
    await opened(database)
    await together(database)


@pytest.mark.once("postgresql")
async def test_a_database_that_is_killed_has_all_that_was_acknowledged() -> None:
    with TemporaryDirectory() as apart, instances.postgresql(Path(apart)) as url:
        instances.forgetful(Path(apart))
        await migrating.upgrade(url)
        database = Database(url)
        for time in range(3):
            await opened(database)
            said = await acknowledged(database, Path(apart), time)
            assert said <= await found(database)
        await database.close()


async def acknowledged(database: Database, home: Path, time: int) -> set[int]:
    """What was written of what many clients write until the database is killed."""
    said: set[int] = set()

    async def client(mine: int) -> None:
        for number in range(mine, 10**6, CLIENTS):
            await write(database, time * 10**6 + number)
            said.add(time * 10**6 + number)

    clients = [asyncio.create_task(client(mine)) for mine in range(CLIENTS)]
    async with asyncio.timeout(60):
        while len(said) < WRITES:  # noqa: ASYNC110  nothing tells us
            await asyncio.sleep(0.001)
        await asyncio.to_thread(instances.killed, home)
        await asyncio.gather(*clients, return_exceptions=True)
    return said
