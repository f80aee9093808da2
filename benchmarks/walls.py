"""What row-level security costs a read: the same statements with it and above it.

`python -m benchmarks walls --query Q3 --rounds 12`

The database's own processor is what is compared: it has a process for each connection.
"""

import asyncio
import statistics
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import asyncpg  # pyright: ignore[reportMissingTypeStubs]  it has none
from sqlalchemy.engine import make_url

from benchmarks import data, load, questions, reads
from benchmarks.questions import DOCUMENTS
from benchmarks.servers import TICK
from benchmarks.world import Size, World
from db.drivers import NATIVE
from db.session import Database
from db.texts import Text
from resolvers.access import Actor, BaseRole
from resolvers.context import Context
from schema import schema
from tests.instances import above

ASKED = {"Q1": 20, "Q2": 3, "Q3": 3, "Q4": 1, "Q5": 2}
"""How often all questions of a kind are asked in one turn."""
Statements = list[tuple[Text, dict[str, Any]]]


@dataclass
class Side:
    """A connection, and what it spends on the same statements."""

    name: str
    connection: Any
    process: int
    cpu: float = 0.0
    times: list[float] = field(default_factory=list[float])

    def said(self, text: Text, values: dict[str, Any]) -> tuple[str, list[Any]]:
        arguments = text.arguments(values)
        if self.name == "above":
            return text.text, arguments
        return text.behind, [*arguments, str(values["viewer"])]

    async def turn(self, statements: Statements, times: int) -> None:
        made = [self.said(text, values) for text, values in statements]
        before, begun = self._spent(), time.perf_counter()
        for _ in range(times):
            for text, arguments in made:
                await self.connection.fetchval(text, *arguments)
        self.times.append((time.perf_counter() - begun) / times / len(made))
        self.cpu += self._spent() - before

    def _spent(self) -> float:
        """Seconds of processor that the database has spent on this connection."""
        stat = Path(f"/proc/{self.process}/stat").read_text()
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / TICK


def main(given: Sequence[str] | None = ()) -> None:
    chosen = reads.options_of("walls", __doc__).parse_args(given)
    size = Size(chosen.owners, chosen.datasets)
    with ExitStack() as stack:
        kept = chosen.kept or Path(stack.enter_context(TemporaryDirectory()))
        url = stack.enter_context(data.populated("postgresql", kept, size))
        load.undisturbed()
        print("behind the wall ÷ above it, of the database: processor, time")
        for query in [chosen.query] if chosen.query else DOCUMENTS:
            asyncio.run(measured(url, World(size), query, chosen.rounds))


async def measured(url: str, world: World, query: str, rounds: int) -> None:
    statements = await said(url, world, query)
    sides = [await opened("above", above(url)), await opened("behind", url)]
    for text, values in statements:
        answers = [
            await side.connection.fetchval(side.said(text, values)[0], *arguments)
            for side in sides
            for arguments in [side.said(text, values)[1]]
        ]
        assert answers[0] == answers[1]
    for side in sides:  # to be warm
        await side.turn(statements, 6)
        side.times.clear()
        side.cpu = 0.0
    for _ in range(rounds):
        for side in sides:
            await side.turn(statements, ASKED[query])
    over, behind = sides
    count = rounds * ASKED[query] * len(statements)
    ratio = statistics.median(
        one / other for one, other in zip(behind.times, over.times, strict=True)
    )
    spent = f"{1e3 * behind.cpu / count:7.3f} ms"
    print(f"  {query} {spent}  {behind.cpu / over.cpu:5.2f}  {ratio:5.2f}", flush=True)
    for side in sides:
        await side.connection.close()


async def said(url: str, world: World, query: str) -> Statements:
    """The statements that the questions of a kind become."""
    database, found = Database(url), Statements()
    equipment: Any = SimpleNamespace(database=database, bus=None)
    for question in questions.asked(world, query):
        context = Context(equipment, Actor(question.owner, BaseRole.USER), noted=[])
        result = await schema.execute(DOCUMENTS[query], question.variables, context)
        assert not result.errors, result.errors
        found += context.noted or []
    await database.close()
    return found


async def opened(name: str, url: str) -> Side:
    place = make_url(url).set(drivername="postgresql")
    connection = await asyncpg.connect(
        place.render_as_string(hide_password=False),
        server_settings={**NATIVE, "default_transaction_read_only": "on"},
        statement_cache_size=200,
    )
    process = await connection.fetchval("SELECT pg_backend_pid()")
    return Side(name, connection, process)
