"""The tables are made, taken back and made again, also when there is data in them."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import create_async_engine
from uuid_utils.compat import uuid7

from db import migrating
from db.base import Base, utcnow
from db.models import User
from db.session import Database
from resolvers.access import Actor, BaseRole
from tests import instances
from tests.factories import ROLES, a_checkpoint, everything

OWNER = Actor(uuid7(), BaseRole.USER)
BROUGHT = {"roles": 3, "reduction_configs": 1, "audit_heads": 1, "plans": 4}
"""Rows that the migrations put there."""
SCRIPT = ScriptDirectory(str(migrating.FOLDER))
REVISIONS = [one.revision for one in reversed(list(SCRIPT.walk_revisions()))]
TABLES = {
    mapper.class_.__tablename__: mapper.class_ for mapper in Base.registry.mappers
}
LEFT = """SELECT proname FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace
  WHERE n.nspname = 'public'"""


@pytest.fixture
async def url(cluster: str, tmp_path: Path) -> AsyncIterator[str]:
    """A database in which there is nothing at all."""
    if cluster.startswith("sqlite"):
        yield f"sqlite+aiosqlite:///{tmp_path}/empty.db"
        return
    name = f"empty_{uuid7().hex}"
    yield await instances.database(cluster, name)
    await instances.drop(cluster, name)


def all_there_is() -> list[Any]:
    """A row for every table, parents first."""
    user = User(id=OWNER.user_id, email="ada@example.org", role_id=ROLES[OWNER.role])
    return [user, *everything(OWNER), a_checkpoint()]


async def fill(url: str) -> None:
    database = Database(url)
    async with database.write.begin() as session:
        for row in all_there_is():
            session.add(row)
            await session.flush()
    await database.close()


async def tables(url: str) -> dict[str, int]:
    """How many rows there are, by table."""
    database = Database(url)
    async with database.read() as connection:
        names = await connection.run_sync(
            lambda it: sa.inspect(it.connection()).get_table_names()
        )
        found: dict[str, int] = {}
        for name in sorted(set(names) - {"alembic_version"}):
            if not name.startswith(("audit_log_", "predictions_")):
                count = sa.text(f"SELECT count(*) FROM {name}")  # noqa: S608  a table's
                found[name] = (await connection.execute(count)).scalar_one()
    await database.close()
    return found


async def test_up_and_down_and_up_again_with_rows_in_every_table(url: str) -> None:
    await migrating.upgrade(url)
    for _ in range(2):
        assert await tables(url) == dict.fromkeys(TABLES, 0) | BROUGHT
        await fill(url)
        filled = await tables(url)
        assert set(filled) == set(TABLES)
        assert min(filled.values()) > 0
        await migrating.downgrade(url, "base")
        assert await tables(url) == {}
        await migrating.upgrade(url)


async def test_each_revision_can_be_taken_back_alone(url: str) -> None:
    before = "base"
    for revision in REVISIONS:
        without = await tables(url)
        await migrating.upgrade(url, revision)
        there = await tables(url)
        await migrating.downgrade(url, before)
        assert await tables(url) == without
        await migrating.upgrade(url, revision)
        assert await tables(url) == there
        before = revision
    assert before == migrating.head()


async def test_nothing_is_left_when_all_is_taken_back(url: str) -> None:
    await migrating.upgrade(url)
    await migrating.downgrade(url, "base")
    assert await tables(url) == {}
    if url.startswith("postgresql"):
        engine = create_async_engine(url)
        async with engine.connect() as connection:
            assert (await connection.execute(sa.text(LEFT))).all() == []
        await engine.dispose()


@pytest.mark.filterwarnings("ignore:.*expression-based index")  # of lower(email)
async def test_the_tables_are_those_of_the_models(url: str) -> None:
    await migrating.upgrade(url)
    await migrating.run(url, command.check)


async def test_a_row_that_is_inserted_by_hand_has_its_moments_and_version(
    database: Database,
) -> None:
    given = {"created_at", "updated_at", "version"}
    for row in all_there_is():
        model: Any = type(row)
        columns = [one for one in model.__table__.columns if one.name not in given]
        plain = sa.table(
            model.__tablename__, *(sa.column(one.name, one.type) for one in columns)
        )
        values = {one.name: value_of(row, one) for one in columns}
        async with database.write.begin() as session:
            await session.execute(sa.insert(plain).values(values))
        async with database.read() as session:
            there: Any = await session.get_one(model, row.id)
        for name in given & set(model.__table__.columns.keys()):
            expected = 1 if name == "version" else utcnow()
            difference = getattr(there, name) - expected
            assert not difference or abs(difference) < timedelta(seconds=30)


def value_of(row: Any, column: Any) -> Any:
    """What a row has in a column, or would be given."""
    value = getattr(row, column.key)
    if value is None and column.default is not None:
        default = column.default.arg
        return default(None) if callable(default) else default
    return value
