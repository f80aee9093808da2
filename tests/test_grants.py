"""The server runs as a role that owns nothing, and may do no more than it has to."""

from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from uuid_utils.compat import uuid7

from db import grants
from db.session import Database
from resolvers.access import SYSTEM, Actor
from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.platform import months
from schema import schema
from server import startup
from server.settings import Settings
from tests.conftest import As, Save
from tests.emptying import emptied
from tests.factories import everything
from tests.instances import ABOVE
from tests.mutations import FIELDS, Asked, ids_of
from tests.native import cluster

__all__ = ["cluster"]

pytestmark = pytest.mark.once("postgresql")
ROLE = "heliograph_server"
ABLE = f"""DO $$ BEGIN
  IF to_regrole('{ROLE}') IS NULL THEN CREATE ROLE {ROLE} LOGIN; END IF;
END $$"""
EVERYBODYS = """
SELECT oid::regprocedure::text FROM pg_proc
WHERE pronamespace = current_schema()::regnamespace
  AND prosecdef AND has_function_privilege('public', oid, 'EXECUTE')
"""
FORBIDDEN = (
    "UPDATE audit_log SET action = 'another'",
    "DELETE FROM audit_log",
    "TRUNCATE audit_log",
    "DELETE FROM audit_checkpoints",
    "SELECT * FROM predictions_default",
    "SELECT * FROM audit_log_default",
    "DROP TABLE predictions",
    "ALTER TABLE datasets DISABLE ROW LEVEL SECURITY",
    "DROP POLICY sees ON datasets",
    "CREATE TABLE mine (id uuid)",
    "UPDATE alembic_version SET version_num = '0001'",
    "SET session_replication_role = replica",
)


async def done_by(url: str, role: str, statement: str) -> None:
    place = sa.make_url(url).set(username=role)
    database = Database(place.render_as_string(hide_password=False))
    try:
        async with database.write.begin() as session:
            await session.execute(sa.text(statement))
    finally:
        await database.close()


async def command(url: str, statement: str) -> None:
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(sa.text(statement))
    await engine.dispose()


@pytest.fixture
async def database_url(cluster: str) -> AsyncIterator[str]:
    """The tables of one role, for another to use."""
    await emptied(cluster)
    await done_by(cluster, ABOVE, ABLE)
    for _ in range(2):  # as at every upgrade
        await grants.give(cluster, ROLE)
    place = sa.make_url(cluster).set(username=ROLE)
    yield place.render_as_string(hide_password=False)
    await done_by(cluster, ABOVE, f"DROP OWNED BY {ROLE}")


async def test_every_mutation_is_open_to_it(
    as_: As, analyst: Actor, save: Save, caplog: pytest.LogCaptureFixture
) -> None:
    rows = everything(analyst)
    await save(*rows)
    for name in FIELDS:
        asked = Asked(name, ids_of(rows, analyst.user_id))
        await schema.execute(asked.text, {"input": asked.input()}, as_())
    assert "permission denied" not in caplog.text
    assert "row-level security" not in caplog.text


async def test_the_owner_brings_the_tables_and_lets_the_server_use_them(
    cluster: str, database_url: str
) -> None:
    name = f"other_{uuid7().hex}"
    await command(cluster, f"CREATE DATABASE {name}")
    owner, server = (
        sa.make_url(url).set(database=name).render_as_string(hide_password=False)
        for url in (cluster, database_url)
    )
    settings = Settings(database_url=server, database_owner_url=owner)
    await startup.migrated(settings, migrate=True)
    await startup.migrated(settings, migrate=False)
    database = Database(settings.database)
    await startup.walled(database, "require")
    async with database.write.begin() as session:
        assert await session.scalar(sa.text("SELECT count(*) FROM roles")) == 3
    await database.close()
    await command(cluster, f"DROP DATABASE {name}")


async def test_months_are_made_and_dropped_without_owning_them(
    equipment: Equipment, database: Database
) -> None:
    await months.prepare(Context(equipment, SYSTEM))
    async with database.write.begin() as session:
        for statement in (
            "SELECT predictions_open(timestamp '2001-01-01')",
            "SELECT audit_log_open(timestamp '2001-01-01')",
            "SELECT predictions_drop('predictions_2001_01')",
        ):
            await session.execute(sa.text(statement))


async def test_what_is_done_as_the_owner_is_done_for_nobody_else(cluster: str) -> None:
    engine = create_async_engine(cluster)
    async with engine.connect() as connection:
        found = [*await connection.scalars(sa.text(EVERYBODYS))]
    await engine.dispose()
    assert found == []


@pytest.mark.parametrize("statement", FORBIDDEN)
async def test_what_it_has_no_need_of_is_forbidden(
    database_url: str, statement: str
) -> None:
    with pytest.raises(DBAPIError, match=r"permission denied|must be owner"):
        await done_by(database_url, ROLE, statement)
