"""Single statements go straight to the driver, and leave nothing behind them."""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from db import postgres, sqlite
from db.session import Database
from db.texts import Text
from resolvers.errors import Busy, patient

NOTHING: Mapping[str, Any] = {}
GIVEN = sa.bindparam("given", type_=sa.Text)
LONG = """SELECT CAST(max(i) AS TEXT) FROM (WITH RECURSIVE n(i) AS
(SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) SELECT i FROM n)"""


def text(database: Database, statement: Any) -> Text:
    return Text(statement, database.speech)


def literal(database: Database, sql: str) -> Text:
    return selected(database, sa.literal_column(f"({sql})", sa.Text))


def selected(database: Database, value: Any) -> Text:
    """What gives one value, of no row at all."""
    return text(database, sa.select(value))  # noqa: TID251  there is nothing to see


async def told(work: Awaitable[Any]) -> Any:
    with patient():
        return await work


async def test_a_parameter_is_written_as_its_type_says(database: Database) -> None:
    given = sa.bindparam("given", type_=sa.Boolean)
    statement = selected(database, sa.case((given, "yes"), else_="no"))
    for value, expected in ((True, "yes"), (False, "no")):
        assert await database.direct.scalar(statement, {"given": value}) == expected


async def test_what_many_ask_at_once_is_answered_to_each(database: Database) -> None:
    statement = selected(database, GIVEN.concat("!"))
    asked = (database.direct.scalar(statement, {"given": str(n)}) for n in range(200))
    assert await asyncio.gather(*asked) == [f"{n}!" for n in range(200)]


async def test_nothing_can_be_written(database_url: str) -> None:
    database = Database(database_url, walled=False)  # behind a wall it is not even said
    change = sa.update(sa.table("users", sa.column("email"))).values(email="mine")
    deletion = text(database, change.returning(sa.literal("done")))
    with pytest.raises(DBAPIError, match=r"read-?only"):
        await database.direct.scalar(deletion, NOTHING)
    await database.close()


async def test_what_is_brief_is_run_in_the_loop_and_what_is_not_beside_it(
    database: Database,
) -> None:
    lite = database.dialect == "sqlite"
    for many, beside in ((10, False), (300_000, lite)):
        statement = literal(database, LONG.format(many))
        for _ in range(2):
            assert await database.direct.scalar(statement, NOTHING) == str(many)
            assert bool(statement.slow_until) == beside


async def test_the_loop_goes_on_while_a_long_statement_runs(database: Database) -> None:
    statement = literal(database, LONG.format(2_000_000))
    asked = asyncio.create_task(database.direct.scalar(statement, NOTHING))
    turns = 0
    while not asked.done():
        await asyncio.sleep(0.005)
        assert database.direct.busy == (not asked.done())
        turns += 1
    assert asked.result() == "2000000"
    assert turns > 5
    assert database.direct.busy == 0


async def test_a_statement_that_takes_too_long_is_ended(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "LONGEST", 0.05)
    monkeypatch.setitem(postgres.NATIVE, "statement_timeout", "50")
    endless = literal(database, LONG.format(10**12))
    with pytest.raises(Busy):
        await told(database.direct.scalar(endless, NOTHING))
    brief = selected(database, GIVEN)
    assert await database.direct.scalar(brief, {"given": "on"}) == "on"


async def test_who_leaves_does_not_spoil_the_connection_for_the_next(
    database: Database,
) -> None:
    lite = database.dialect == "sqlite"
    slow = literal(database, LONG.format(10**7) if lite else "pg_sleep(5)::text")
    brief = selected(database, GIVEN)
    for n in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await database.direct.scalar(slow, NOTHING)
        async with asyncio.timeout(3):
            given = {"given": str(n)}
            assert await database.direct.scalar(brief, given) == str(n)


async def test_a_server_that_was_away_is_found_again(database: Database) -> None:
    brief = selected(database, GIVEN)
    given = {"given": "here"}
    asked = (database.direct.scalar(brief, given) for _ in range(5))
    await asyncio.gather(*asked)
    if database.dialect == "postgresql":
        away = "SELECT count(pg_terminate_backend(pid))::text FROM pg_stat_activity"
        mine = "datname = current_database() AND pid <> pg_backend_pid()"
        async with database.write.begin() as session:
            await session.execute(sa.text(f"{away} WHERE {mine}"))
    asked = (database.direct.scalar(brief, given) for _ in range(5))
    assert await asyncio.gather(*asked) == ["here"] * 5


async def test_a_database_that_is_not_there_is_an_error_of_the_database() -> None:
    for url in (
        "postgresql+asyncpg://nobody@127.0.0.1:1/nothing",
        "sqlite+aiosqlite:////nowhere/at/all.db",
    ):
        database = Database(url)
        brief = selected(database, GIVEN)
        with pytest.raises(DBAPIError):
            await database.direct.scalar(brief, {"given": "there"})
        await database.close()
