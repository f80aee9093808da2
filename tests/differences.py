"""The search for an operation to which the two executions give different answers."""

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import orjson
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from db.base import Base
from db.models import Plan, Role, User
from db.session import Database
from resolvers.access import ANONYMOUS, SYSTEM, Actor, BaseRole
from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.lists import Listing
from resolvers.loaders import NONE, Loaders
from schema import schema
from schema.ids import prefix, spell
from schema.nodes import Entity
from tests.billing.rows import PLANS
from tests.contract import TYPES
from tests.drawing import Cursor
from tests.factories import ROLES
from tests.graphs import some_rows
from tests.operations import Operation

OWNERS = [Actor(uuid7(), BaseRole.USER), Actor(uuid7(), BaseRole.USER)]
ACTORS = [*OWNERS * 3, SYSTEM, SYSTEM, Actor(uuid7(), BaseRole.VIEWER), ANONYMOUS]
BROUGHT = [
    *(Role(id=one) for one in ROLES.values()),
    *(Plan(id=one) for one in PLANS.values()),
]
"""Rows that the migrations put there."""
MODELS: list[Any] = [one.of for one in Entity.__subclasses__()]
"""Of all objects with an id."""
MUTATED = "Dataset"
"""The type of the object that a mutation answers with."""


@dataclass(frozen=True, slots=True)
class Both:
    """Asks in both executions."""

    equipment: Equipment

    async def settled(self) -> None:
        """Give the owners accounts."""
        users = [
            User(id=one.user_id, email=f"{one.user_id}@a.org", role_id=ROLES[one.role])
            for one in OWNERS
        ]
        await self.save(*users)

    async def save(self, *rows: Base) -> None:
        async with self.equipment.database.write.begin() as session:
            for row in rows:
                session.add(row)
                await session.flush()  # in this order, parents first

    async def compare(self, actor: Actor, text: str, variables: Any) -> None:
        """Assert that data and errors are the same both ways, to the last word."""
        compiled = await self.answer(actor, text, variables)
        batched = await self.answer(actor, text, variables, compiles=False)
        assert compiled == batched, (compiled, batched, text, variables)

    async def answer(
        self, actor: Actor, text: str, variables: Any, *, compiles: bool = True
    ) -> Any:
        """The data in order, and what is told of each error."""
        context = Context(self.equipment, actor, compiles=compiles)
        result: Any = await schema.execute(text, variables, context_value=context)
        data = orjson.loads(orjson.dumps(result.data))
        return in_order(data), {told(data, error) for error in result.errors or []}

    async def variables(self, drawn: dict[str, Any]) -> dict[str, Any]:
        """The variables as they are sent: cursors are looked up."""
        return {
            name: await self._cursor(value) if isinstance(value, Cursor) else value
            for name, value in drawn.items()
        }

    async def _cursor(self, said: Cursor) -> str:
        """The cursor of some row, taken from a page of all there are."""
        listing = Listing(size=100, order=said.order)
        loaders = Loaders(self.equipment.database, SYSTEM)
        page = await loaders.page(said.model, None, listing).load(NONE)
        rows = page.rows or [(None, "")]
        return rows[said.number % len(rows)][1]


@contextmanager
def asking(url: str, equipment: Equipment) -> Generator[tuple[asyncio.Runner, Both]]:
    """A loop, and a way to ask in it."""
    with asyncio.Runner() as run:
        database = run.run(opened(url))
        both = Both(replace(equipment, database=database))
        try:
            run.run(both.settled())
            yield run, both
        finally:
            run.run(database.close())


async def opened(url: str) -> Database:
    return Database(url)


def search(
    run: asyncio.Runner, both: Both, cases: int, look: Callable[[], None]
) -> None:
    """Compare the answers to so many operations. Raises AssertionError.

    What is found is raised again where Hypothesis repeats it: it would have other rows.
    """
    found: list[AssertionError] = []

    @given(actor=st.sampled_from(ACTORS), data=st.data())
    @settings(
        max_examples=cases,
        phases=[Phase.explicit, Phase.generate],  # shrinking takes minutes
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.nested_given],
    )
    def case(actor: Actor, data: st.DataObject) -> None:
        rows = data.draw(some_rows(OWNERS))
        draw: Any = data.draw
        operation = Operation(draw, ids_of(rows))
        changes = operation.often(10)
        below = operation.selection(TYPES[MUTATED], 2) if changes else ""
        text = "" if changes else operation.written()
        if found:
            raise found[0]
        run.run(both.save(*rows))
        try:
            if changes:
                run.run(mutated(both, operation, below, OWNERS[0], rows))
            else:
                run.run(asked(both, operation, text, actor))
            look()
        except AssertionError as error:
            found.append(error)
            raise

    case()


async def asked(both: Both, operation: Operation, text: str, actor: Actor) -> None:
    """Ask it, and ask it again with every condition turned round."""
    variables = await both.variables(operation.variables)
    await both.compare(actor, text, variables)
    switched = {
        name: not one for name, one in variables.items() if isinstance(one, bool)
    }
    if switched:
        await both.compare(actor, text, variables | switched)


async def mutated(
    both: Both, operation: Operation, below: str, actor: Actor, rows: Any
) -> None:
    """Change an object, and compare what is answered of it with what it is then."""
    [dataset] = [spell(row) for row in rows if type(row).__name__ == MUTATED]
    variables = await both.variables(operation.variables)
    change = f'datasetArchive(input: {{ id: "{dataset}" }}) {{ dataset {below} }}'
    change = operation.written("mutation", f"{{ {change} }}")
    query = operation.written("query", f'{{ dataset(id: "{dataset}") {below} }}')
    data, errors = await both.answer(actor, change, variables)
    expected, wrong = await both.answer(actor, query, variables, compiles=False)
    answered = data and data[0][1] and data[0][1][0][1], {one[-2:] for one in errors}
    read = expected and expected[0][1], {one[-2:] for one in wrong}
    assert answered == read, (data, read, change, variables)


def ids_of(rows: list[Any]) -> dict[str, list[str]]:
    """The ids of rows, by their prefix."""
    users = [User(id=one.user_id) for one in OWNERS]
    there = [*users, *BROUGHT, *rows]
    known = {type(row) for row in there}
    there += [model(id=uuid7()) for model in MODELS if model not in known]
    ids: dict[str, list[str]] = {}
    for row in there:
        ids.setdefault(prefix(type(row)), []).append(spell(row))
    return ids


def told(data: Any, error: Any) -> tuple[Any, ...]:
    """The null an error has made, its code, and what it says if that is no accident.

    Where several could have made the same null, any of them may be told.
    """
    code = (error.extensions or {}).get("code", "")
    message = "" if code == "INTERNAL" else error.message
    place: list[Any] = []
    for step in error.path or []:
        if data is None:
            break
        place.append(step)
        data = data[step]
    return (*place, code, message)


def in_order(data: Any) -> Any:
    """Objects as lists of pairs, so that the order of their fields counts."""
    if isinstance(data, dict):
        return [(name, in_order(value)) for name, value in data.items()]
    return [in_order(one) for one in data] if isinstance(data, list) else data
