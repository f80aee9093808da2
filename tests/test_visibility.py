"""What is one owner's does not exist for another, by whatever path they look."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from graphql import get_named_type
from uuid_utils.compat import uuid7

from db.base import Base, referred
from db.models import DatasetVersion, User
from db.session import Database
from resolvers.access import Actor
from resolvers.writes import Origin
from schema import schema
from schema.ids import spell
from schema.reads import Lists, ToOne
from tests.conftest import As, Save, Someone
from tests.contract import TYPES, is_leaf, named, reads
from tests.factories import a_graph, a_point, everything
from tests.guards import everything_of, guard, pytest_generate_tests
from tests.guesses import guesses
from tests.mutations import FIELDS, Asked, File, ids_of
from tests.proving import proved
from tests.reaching import places

__all__ = ["guard", "pytest_generate_tests"]

QUERY: dict[str, Any] = TYPES["Query"].fields
LISTS = [name for name, one in QUERY.items() if isinstance(reads(one), Lists)]
FINDS = [name for name, one in QUERY.items() if "id" in one.args and name != "node"]
EVERYBODYS = {
    *("auditCheckpoint", "auditCheckpoints"),
    *("plan", "plans", "role", "roles"),
}
"""What finds and lists rows that are nobody's own."""
NOBODYS = {"billingEvents", "scheduledRuns"}
"""Lists that are for administrators alone."""
MADE = "prediction_[0-9a-f]{32}"
"""The id of what has just been made for whoever asked."""
REFERENCE = "Quote [0-9a-f]{32}"
WAYS = [True, False]
FORBIDDEN = '"code":"FORBIDDEN"'
"""What is said to whom no id would help."""


@dataclass
class World:
    """Two owners, what each of them has, and ways to ask as the first."""

    as_: As
    mine: Actor
    theirs: Actor
    own: list[Any]
    others: list[Any]
    origin: Origin = field(default_factory=Origin)
    """A session in which the first has just shown who they are."""

    async def answer(self, text: str, *, compiles: bool = True, **given: Any) -> str:
        """What the first is answered, byte for byte."""
        context = self.as_(self.mine, compiles=compiles)
        context.origin = self.origin
        result = await schema.execute(text, given, context)
        errors = [
            (one.message, one.path, one.extensions) for one in result.errors or []
        ]
        return orjson.dumps([result.data, errors]).decode()

    async def same(self, text: str, id_: str, **given: Any) -> str:
        """Ask with an id of the second's, and with one of nobody's; `@` is the id.

        Gives the answer, which is the same.
        """
        nobody = f"{id_.rpartition('_')[0]}_{uuid7().hex}"
        answers: list[str] = []
        for one in (id_, nobody):
            answer = await self.answer(text, **put_in(given, one))
            assert not shows(answer.replace(id_, ""), self.others)
            digits = one.rpartition("_")[2]
            answer = answer.replace(one, "@").replace(digits, "@")
            answers.append(re.sub(MADE, "new", answer))
        assert answers[0] == answers[1], text
        return answers[0]


def put_in(given: Any, id_: str) -> Any:
    """What is given, with an id in place of each `@`; a file is opened anew."""
    match given:
        case dict():
            return {name: put_in(one, id_) for name, one in given.items()}
        case list():
            return [put_in(one, id_) for one in given]
        case str():
            return given.replace("@", id_)
        case File():
            return replace(given)
        case _:
            return given


def shows(answer: str, rows: list[Any]) -> bool:
    """Whether anything of some rows is in an answer."""
    return any(row.id.hex in answer or str(row.id) in answer for row in rows)


@pytest.fixture
async def world(as_: As, save: Save, analyst: Actor, someone: Someone) -> World:
    theirs = await someone()
    origin = (await proved(as_(analyst), save)).origin
    own, others = everything(analyst), everything(theirs)
    for row in own:
        if isinstance(row, DatasetVersion):
            row.row_count = 20  # enough to learn from
    world = World(as_, analyst, theirs, own, others, origin)
    await save(*world.own, *world.others)
    return world


def whole(list_: str) -> str:
    """All of a list, each row with its columns and its edges."""
    node: Any = named(named(QUERY[list_]).fields["nodes"])
    rows = f"nodes {{ {' '.join(all_of(node))} }}"
    return f"{{ {list_}(first: 100) {{ totalCount {rows} }} }}"


def all_of(type_: Any) -> Iterator[str]:
    for name, definition in type_.fields.items():
        read = reads(definition)
        if isinstance(read, Lists):
            yield f"{name}(first: 100) {{ totalCount nodes {{ id }} }}"
        elif isinstance(read, ToOne):
            yield f"{name} {{ id }}"
        elif is_leaf(type_, name) and not definition.args:
            yield name


OTHERWISE = {
    **dict.fromkeys(("number", "process_order", "first_row"), 77),
    "alias": "staging",
    "day": date(2026, 1, 2),
}
"""What a row has in a column of which no two rows of one parent have the same."""


def crossed(rows: list[Any], with_: list[Any]) -> list[Base]:
    """Rows that refer to others' wherever they refer to anything."""
    targets = {type(row): row for row in with_}
    for row in rows:
        for column in sa.inspect(type(row)).columns:
            if column.foreign_keys and column.key != "owner_id":
                target = targets.get(referred(getattr(type(row), column.key)))
                if target or column.nullable:
                    setattr(row, column.key, target and target.id)
        for unique, value in OTHERWISE.items():
            if hasattr(row, unique):
                setattr(row, unique, value)
    return rows


@pytest.mark.parametrize("compiles", WAYS)
@pytest.mark.parametrize("list_", LISTS)
async def test_what_others_have_changes_nothing_of_what_one_sees(
    as_: As,
    save: Save,
    analyst: Actor,
    someone: Someone,
    list_: str,
    compiles: bool,  # noqa: FBT001
) -> None:
    theirs = await someone()
    world = World(as_, analyst, theirs, everything(analyst), everything(theirs))
    point, user = spare(world.own), User(id=analyst.user_id)
    await save(*world.own, point)
    before = await world.answer(whole(list_), compiles=compiles)
    await save(*world.others)
    await save(*crossed(a_graph(theirs), [*world.own, point, user]))
    assert await world.answer(whole(list_), compiles=compiles) == before
    assert not shows(before, world.others)
    assert shows(before, world.own) or list_ in EVERYBODYS | NOBODYS


@pytest.mark.parametrize("list_", LISTS)
async def test_no_order_and_no_filter_tells_of_what_others_have(
    as_: As, save: Save, analyst: Actor, someone: Someone, list_: str
) -> None:
    theirs = await someone()
    world = World(as_, analyst, theirs, everything(analyst), everything(theirs))
    await save(*world.own)
    asked = [*guesses(list_, world.others)]
    before = [await world.answer(text, **given) for text, given in asked]
    assert [one for one in before if not one.endswith(",[]]")] == []
    await save(*world.others)
    assert [await world.answer(text, **given) for text, given in asked] == before


@pytest.mark.parametrize("compiles", WAYS)
@pytest.mark.parametrize("list_", LISTS)
async def test_a_row_that_refers_to_anothers_shows_nothing_of_it(
    world: World,
    save: Save,
    list_: str,
    compiles: bool,  # noqa: FBT001
) -> None:
    point, user = spare(world.others), User(id=world.theirs.user_id)
    there = [*world.others, point, user]
    await save(point)
    await save(*crossed(a_graph(world.mine), there))
    answer = await world.answer(whole(list_), compiles=compiles)
    assert not shows(answer, there)


def spare(rows: list[Any]) -> Any:
    """One more point, which no anomaly has taken yet."""
    by_type = {type(row).__name__: row for row in rows}
    return a_point(by_type["Analysis"], by_type["ReductionResult"], 50)


@pytest.mark.parametrize("name", sorted(set(FINDS) - EVERYBODYS))
async def test_a_row_that_is_not_ones_own_is_not_found(world: World, name: str) -> None:
    type_: Any = named(QUERY[name])
    query = f"query ($id: ID!) {{ {name}(id: $id) {{ {' '.join(all_of(type_))} }} }}"
    await world.same(query, theirs(world, type_.name), id="@")


async def test_no_id_of_anothers_is_an_object(world: World) -> None:
    one = "query ($id: ID!) { node(id: $id) { id } }"
    several = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    for row in [*world.others, User(id=world.theirs.user_id)]:
        if "Node" in map(str, getattr(TYPES.get(type(row).__name__), "interfaces", ())):
            await world.same(one, spell(row), id="@")
            await world.same(several, spell(row), ids=["@", spell(world.own[0])])


@pytest.mark.parametrize("list_", LISTS)
async def test_filtering_by_anothers_id_finds_nothing(world: World, list_: str) -> None:
    filter_: Any = named_argument(list_, "filter")
    model: Any = reads(QUERY[list_]).model
    query = f"""query ($filter: {filter_.name}) {{
      {list_}(filter: $filter) {{ totalCount nodes {{ id }} }}
    }}"""
    for name, one in filter_.fields.items():
        python = one.extensions["strawberry-definition"].python_name
        column = getattr(model, python)
        if named(one).name == "IDIs":
            kind = referred(column).__name__ if column.foreign_keys else "User"
            if kind.lower() in EVERYBODYS:
                continue
            id_ = theirs(world, kind)
            for test in ({"eq": "@"}, {"in": ["@"]}):
                await world.same(query, id_, filter={name: test})


def named_argument(list_: str, name: str) -> Any:
    return get_named_type(QUERY[list_].args[name].type)


def theirs(world: World, kind: str) -> str:
    if kind == "User":
        return spell(User(id=world.theirs.user_id))
    return next(spell(row) for row in world.others if type(row).__name__ == kind)


@pytest.mark.parametrize("name", FIELDS)
async def test_a_mutation_does_nothing_to_what_is_anothers(
    world: World, database: Database, name: str
) -> None:
    before = await everything_of(database, world.others)
    asked = Asked(name, ids_of(world.own, world.mine.user_id))
    theirs_ = ids_of(world.others, world.theirs.user_id)
    for place in places(asked):
        put(place.given, place.path, "@")
        answer = await world.same(asked.text, theirs_[place.kind], input=place.given)
        assert place.missing in answer or FORBIDDEN in answer, answer
    answer = await world.answer(asked.text, input=asked.input())
    assert not shows(answer, world.others)
    assert await everything_of(database, world.others) == before


def put(given: Any, path: tuple[str, ...], id_: str) -> None:
    """Set what is at a place of an input, also where it is one of several."""
    *above, last = path
    for name in above:
        given = given[name]
        given = given[0] if isinstance(given, list) else given
    given[last] = [id_] if isinstance(given[last], list) else id_
