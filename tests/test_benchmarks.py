"""What is measured is worth measuring: whole rows, and equal answers."""

import dataclasses
from collections.abc import AsyncGenerator
from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from benchmarks import questions
from benchmarks.by_hand.answers import answering
from benchmarks.data import filled
from benchmarks.rows import ROWS
from benchmarks.world import Size, World
from db.session import Database
from resolvers.access import Actor, BaseRole
from resolvers.context import Context
from resolvers.equipment import Equipment
from schema import schema
from server.settings import Settings
from tests import instances

SIZE = Size(owners=2, datasets=3)
APART = "inhabited"


@pytest.fixture
async def inhabited(database_url: str) -> AsyncGenerator[Database]:
    """A filled database, on PostgreSQL beside the one of other tests."""
    url = database_url
    if not url.startswith("sqlite"):
        url = await instances.database(database_url, APART)
    await filled(url, SIZE)
    database = Database(url)
    yield database
    await database.close()
    if url != database_url:
        await instances.drop(database_url, APART)


async def test_every_generated_row_has_its_parents(inhabited: Database) -> None:
    async with inhabited.read() as session:
        for model in ROWS:
            table: Any = model.__table__
            for key in table.foreign_keys:
                child = table.alias()
                orphans = (
                    child.select()
                    .where(child.c[key.parent.key].is_not(None))
                    .where(~sa.exists().where(key.column == child.c[key.parent.key]))
                )
                found = (await session.execute(orphans.limit(1))).first()
                assert found is None, f"{key} of {found}"


async def test_sql_by_hand_answers_as_the_schema_does(
    inhabited: Database, equipment: Equipment
) -> None:
    world, ours = World(SIZE), dataclasses.replace(equipment, database=inhabited)
    async with answering(inhabited.url) as answer:
        for query, document in questions.DOCUMENTS.items():
            for one in questions.asked(world, query):
                context = Context(ours, Actor(one.owner, BaseRole.USER))
                result = await schema.execute(document, one.variables, context)
                assert not result.errors, result.errors
                wanted = orjson.loads(orjson.dumps({"data": result.data}))
                given = {"owner": one.owner.hex, **one.variables}
                assert orjson.loads(await answer(query, given)) == wanted


def test_nothing_is_compiled_field_by_field_and_only_under_test() -> None:
    assert not Settings(testing=True, field_by_field=True).compiles
    assert Settings(testing=False, field_by_field=True).compiles
    assert Settings(testing=True).compiles
