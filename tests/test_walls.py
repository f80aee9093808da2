"""PostgreSQL shows everybody their rows and no others, whatever is asked of it."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import visitors
from uuid_utils.compat import uuid7

from db import walls
from db.base import Base
from db.models import Dataset, User
from db.session import Database
from db.texts import Text
from db.walls import SERVICE, Seer
from resolvers.access import (
    SIGHT,
    SYSTEM,
    UNSEEN,
    Actor,
    BaseRole,
    changeable,
    visible,
)
from resolvers.batches import NOBODY
from server import startup
from server.failures import Failure
from tests import instances
from tests.conftest import Save, Someone
from tests.factories import a_dataset, everything
from tests.native import cluster

__all__ = ["cluster"]

pytestmark = pytest.mark.once("postgresql")
ANYONE = Actor(NOBODY, BaseRole.USER)
MODELS = {mapper.class_ for mapper in Base.registry.mappers}
OWNERS = {model for model in MODELS if "owner_id" in model.__table__.c}
WALLED = sorted(OWNERS | set(SIGHT), key=lambda model: model.__tablename__)
POLICIES = """
SELECT polname, polcmd, pg_get_expr(polqual, polrelid),
  pg_get_expr(polwithcheck, polrelid)
FROM pg_policy WHERE polrelid = CAST(:table AS regclass) ORDER BY 1
"""
MANY = 100


@pytest.fixture
async def whole(cluster: str) -> AsyncIterator[Database]:
    """The database as the tests before this one have left it."""
    database = Database(cluster)
    yield database
    await database.close()


@pytest.fixture
async def theirs(someone: Someone) -> Actor:
    return await someone()


def said(rows: sa.Select[Any]) -> str:
    """The condition of a query as a policy has it: of the viewer it asks itself."""

    def policy(element: Any, **_: Any) -> Any:
        if isinstance(element, sa.BindParameter) and element.key == "viewer":
            return sa.literal_column(walls.VIEWER, sa.Uuid())
        return None

    asked: Any = visitors.replacement_traverse(rows, {}, policy)
    return str(asked.compile(dialect=PGDialect_asyncpg())).partition("\nWHERE ")[2]


def mine(model: Any) -> str:
    """What of a model is its viewer's own, by the columns that say so."""
    if model not in OWNERS and model is not User:
        return "false"
    own = said(changeable(ANYONE, model)) if model not in UNSEEN else owned(model)
    return own.rpartition(" AND ")[2]


def owned(model: Any) -> str:
    return f"owner_id = {walls.VIEWER}"


def seen(model: Any) -> str:
    return owned(model) if model in UNSEEN else said(visible(ANYONE, model))


@pytest.mark.parametrize("model", WALLED, ids=lambda model: model.__tablename__)
async def test_the_database_says_what_visible_says(whole: Database, model: Any) -> None:
    table, every = model.__tablename__, f"{{}} OR {walls.SERVED}".format
    sees, own = every(seen(model)), every(mine(model))
    adds = sees if table == "audit_log" else own
    async with whole.write() as session:
        there = (await session.execute(sa.text(POLICIES), {"table": table})).all()
        for name, command, condition in (
            ("sees", "SELECT", f"USING ({sees})"),
            ("adds", "INSERT", f"WITH CHECK ({adds})"),
            ("changes", "UPDATE", f"USING ({sees}) WITH CHECK ({own})"),
            ("deletes", "DELETE", f"USING ({own})"),
        ):
            await session.execute(sa.text(f"DROP POLICY {name} ON {table}"))
            create = f"CREATE POLICY {name} ON {table} FOR {command} {condition}"
            await session.execute(sa.text(create.replace("::", r"\:\:")))
        made = (await session.execute(sa.text(POLICIES), {"table": table})).all()
        await session.rollback()
    assert [alike(one) for one in there] == [alike(one) for one in made]


def alike(policy: Any) -> list[str]:
    """A policy without what is only a matter of words where it asks other tables."""
    named = [re.sub(r"\b(one|user_roles_1)\b", "it", str(said)) for said in policy]
    return [re.sub(r"SELECT[^()]*\sFROM", "SELECT FROM", said) for said in named]


async def test_no_table_of_owners_is_without_a_wall(database: Database) -> None:
    async with database.read() as session:
        assert list(await session.scalars(sa.text(walls.WITHOUT))) == []
        assert await session.scalar(sa.text(walls.OVER)) is None


async def names(database: Database, seer: Seer) -> set[str]:
    """What datasets there are for somebody, where nothing is asked but all of them."""
    async with database.read(seer) as session:
        rows = visible(SYSTEM, Dataset).with_only_columns(Dataset.name)
        return set(await session.scalars(rows))


async def test_a_session_shows_its_users_rows_the_service_all_and_nobody_none(
    database: Database, save: Save, analyst: Actor, theirs: Actor
) -> None:
    await save(a_dataset(analyst, name="mine"), a_dataset(theirs, name="theirs"))
    for _ in range(3):
        assert await names(database, analyst.user_id) == {"mine"}
        assert await names(database, None) == set()
        assert await names(database, SERVICE) == {"mine", "theirs"}
        assert await names(database, uuid7()) == set()


async def test_who_leaves_as_a_session_begins_leaves_nothing_to_the_next(
    database_url: str, save: Save, analyst: Actor
) -> None:
    await save(a_dataset(analyst, name="mine"))
    database = Database(database_url, readers=1)
    for turn in range(MANY):
        leaving = asyncio.create_task(names(database, analyst.user_id))
        await asyncio.sleep(turn / MANY / 200)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        assert await names(database, None) == set()
    await database.close()


async def test_a_single_statement_is_for_whoever_it_says_and_leaves_nothing_behind(
    database_url: str, save: Save, analyst: Actor, theirs: Actor
) -> None:
    await save(a_dataset(analyst, name="mine"), a_dataset(theirs, name="theirs"))
    database = Database(database_url, readers=1)
    every = visible(SYSTEM, Dataset).with_only_columns(Dataset.name)
    walled, all_ = (
        Text(every.order_by(Dataset.name), database.speech, service=service)
        for service in (False, True)
    )
    expected = {analyst.user_id: ["mine"], theirs.user_id: ["theirs"], None: []}
    for turn in range(MANY):
        for viewer, theirs_ in expected.items():
            found = await database.direct.rows(walled, {"viewer": viewer})
            assert [name for (name,) in found] == theirs_
        if turn % 10 == 0:
            assert len(await database.direct.rows(all_, {})) == 2
            assert await database.direct.rows(walled, {}) == []
    await database.close()


async def test_what_is_the_servers_own_is_shown_to_it_alone(
    database: Database, save: Save, analyst: Actor
) -> None:
    await save(*everything(analyst))
    for model in OWNERS & UNSEEN:
        rows = visible(SYSTEM, model).with_only_columns(model.id)
        for seer, count in ((analyst.user_id, 1), (uuid7(), 0), (None, 0)):
            async with database.read(seer) as session:
                assert len((await session.scalars(rows)).all()) == count, model


async def refused(database: Database, seer: Seer, change: Any) -> str:
    """What the database says of a change; what takes effect is taken back."""
    async with database.writing.begin(seer) as writing:
        try:
            changed: Any = await writing.session.execute(change)
        except DBAPIError as error:
            return str(error.orig)
        finally:
            await writing.undo()
    return f"{changed.rowcount} rows"


async def test_nobody_writes_what_is_anothers(
    database: Database, save: Save, analyst: Actor, theirs: Actor
) -> None:
    mine, other = a_dataset(analyst), a_dataset(theirs)
    await save(mine, other)
    me, you = analyst.user_id, theirs.user_id
    change = sa.update(Dataset).values(name="changed")
    given = {"id": uuid7(), "name": "new", "status": mine.status}
    added = sa.insert(Dataset).values(owner_id=you, **given)
    given_away = sa.update(Dataset).values(owner_id=you)
    assert await refused(database, me, change) == "1 rows"
    assert await refused(database, me, sa.delete(Dataset)) == "1 rows"
    assert await refused(database, None, change) == "0 rows"
    assert await refused(database, None, sa.delete(Dataset)) == "0 rows"
    for forbidden in (added, given_away):
        assert "row-level security" in await refused(database, me, forbidden)
        assert await refused(database, SERVICE, forbidden) in {"1 rows", "2 rows"}


async def test_who_serves_is_shown_everything_until_the_transaction_ends(
    database: Database, save: Save, analyst: Actor, theirs: Actor
) -> None:
    await save(a_dataset(analyst), a_dataset(theirs))
    every = sa.select(sa.func.count(Dataset.id))  # noqa: TID251  all that is shown
    for _ in range(2):
        async with database.writing.begin(analyst.user_id) as writing:
            assert await writing.session.scalar(every) == 1
            await writing.serve()
            assert await writing.session.scalar(every) == 2
            await writing.commit()


async def test_without_a_wall_all_depends_on_what_is_asked(
    database_url: str, save: Save, analyst: Actor, theirs: Actor
) -> None:
    await save(a_dataset(analyst, name="mine"), a_dataset(theirs, name="theirs"))
    database = Database(database_url, walled=False)
    for seer in (analyst.user_id, None, SERVICE):
        assert await names(database, seer) == {"mine", "theirs"}
    every = visible(SYSTEM, Dataset).with_only_columns(Dataset.name)
    text = Text(every, database.speech)
    found = await database.direct.rows(text, {"viewer": analyst.user_id})
    assert len(found) == 2
    await database.close()


@pytest.fixture
async def above(database_url: str) -> AsyncIterator[Database]:
    """The same database, for a role that is above its policies."""
    database = Database(instances.above(database_url))
    yield database
    await database.close()


async def test_a_role_above_the_policies_is_warned_of_or_refused(
    above: Database, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    for wall in ("on", "require", "off"):
        await startup.walled(database, wall)
        assert not caplog.records
    await startup.walled(above, "off")
    assert not caplog.records
    await startup.walled(above, "on")
    assert "does not hold for the database role postgres" in caplog.text
    with pytest.raises(Failure, match="NOSUPERUSER NOBYPASSRLS"):
        await startup.walled(above, "require")


async def test_a_table_without_policies_is_refused(database: Database) -> None:
    async with database.write.begin() as session:
        await session.execute(sa.text("CREATE TABLE bare (owner_id uuid)"))
    with pytest.raises(Failure, match="no row-level security: bare"):
        await startup.walled(database, "on")
    async with database.write.begin() as session:
        await session.execute(sa.text("DROP TABLE bare"))
    await startup.walled(database, "on")
