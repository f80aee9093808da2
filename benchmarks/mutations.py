"""What a mutation costs over its bare INSERT: `python -m benchmarks.mutations`.

M1 inserts an alert rule and answers with its dataset, audited. By hand it is the same
insert and the same read in one transaction, without audit. They are asked in turns.
"""

import asyncio
import sys
import tempfile
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Sequence
from contextlib import (
    AbstractContextManager,
    ExitStack,
    asynccontextmanager,
    contextmanager,
)
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from benchmarks import load, servers, sides
from benchmarks.data import DATABASES, PASSWORD
from benchmarks.load import Request
from benchmarks.servers import Server
from benchmarks.sides import Loaded
from db import migrating
from db.models import AlertRule, Dataset, User
from db.session import Database
from resolvers.access import Actor, BaseRole
from resolvers.passwords import Passwords
from schema.ids import spell
from tests.factories import ROLES, a_dataset

EMAIL = "writer@example.org"
DATASETS = 1_000
ROUNDS, SECONDS = 5, 2.0
M1 = """mutation ($input: AlertRuleCreateInput!) { alertRuleCreate(input: $input) {
  alertRule { id name severity createdAt isActive dataset { id name status } }
  userErrors { code }
} }"""
CONDITION = {"metric": "ANOMALY_COUNT", "threshold": 1}
RULE = {"name": "Spikes", "severity": "LOW"}


async def filled(url: str) -> list[Dataset]:
    """Somebody who can sign in, and datasets of theirs."""
    await migrating.upgrade(url)
    passwords = Passwords(servers.PEPPER.encode())
    user = User(id=uuid7(), email=EMAIL, role_id=ROLES[BaseRole.USER])
    user.password_hash = await passwords.hashed(PASSWORD)
    passwords.close()
    owner = Actor(user.id, BaseRole.USER)
    datasets = [a_dataset(owner) for _ in range(DATASETS)]
    async with written(url) as session:
        session.add(user)
        await session.flush()
        session.add_all(datasets)
    return datasets


async def emptied(url: str) -> None:
    """Take the rules away: a dataset has so many at most."""
    async with written(url) as session:
        await session.execute(sa.delete(AlertRule))


@asynccontextmanager
async def written(url: str) -> AsyncGenerator[AsyncSession]:
    database = Database(url)
    try:
        async with database.write.begin() as session:
            yield session
    finally:
        await database.close()


def by_mutation(side: Loaded, token: str, datasets: Sequence[Dataset]) -> list[Request]:
    signed: Any = {"authorization": f"Bearer {token}"}
    given = (
        {**RULE, "dataset": spell(one), "condition": CONDITION} for one in datasets
    )
    bodies = [orjson.dumps({"query": M1, "variables": {"input": i}}) for i in given]
    said: Any = orjson.loads(side.server.post("/graphql", bodies[0], **signed))
    assert said["data"]["alertRuleCreate"]["alertRule"]["dataset"]["name"], said
    url = f"{side.server.url}/graphql"
    return [load.request(url, body, **signed) for body in bodies]


def by_hand(side: Loaded, datasets: Sequence[Dataset]) -> list[Request]:
    def body(one: Dataset) -> bytes:
        whose = {"dataset": one.id.hex, "owner": one.owner_id.hex}
        return orjson.dumps({**RULE, "severity": "low", "condition": {}, **whose})

    assert orjson.loads(side.server.post("/", body(datasets[0])))["dataset"]["name"]
    return [load.request(f"{side.server.url}/", body(one)) for one in datasets]


def compared(
    loaded: Sequence[Loaded],
    requests: Sequence[list[Request]],
    again: Callable[[], Coroutine[Any, Any, None]],
) -> None:
    """Ask one after the other, some times, with one connection and with many.

    After each turn the rows that it made are taken away `again`.
    """
    first, *others = loaded
    for connections in (1, load.CONNECTIONS):
        for side in loaded:
            side.connections = connections
            side.rounds.clear()
            side.cpu.clear()
        for _ in range(ROUNDS):
            for side, asked in zip(loaded, requests, strict=True):
                side.round(asked, SECONDS)
                asyncio.run(again())
        for side in loaded:
            assert not side.errors, f"{side.name}: {side.errors} errors"
        rates = ", ".join(f"{side.name} {side.rate:.0f}" for side in loaded)
        print(f"  {connections} connections: {rates} a second", flush=True)
        for other in others:
            told = f"ratio {sides.ratio((first, other)):.2f} of {other.name}"
            print(f"    {told}, CPU {sides.effort((first, other)):.2f}", flush=True)


@contextmanager
def filled_database(kind: str) -> Generator[tuple[Path, str, list[Dataset]]]:
    """A folder, the URL of a database, and the datasets in it."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        home.chmod(0o755)  # PostgreSQL may run as another user
        url = f"sqlite+aiosqlite:///{home}/heliograph.db"
        if kind == "postgresql":
            url = stack.enter_context(servers.postgresql(home / "cluster"))
        yield home, url, asyncio.run(filled(url))


def written_by_hand(url: str) -> AbstractContextManager[Server]:
    """The server that inserts by hand."""
    command = (sys.executable, "-m", "benchmarks.by_hand.writing")
    return servers.script(*command, DATABASE=url)


def measured(kind: str) -> None:
    with filled_database(kind) as (home, url, datasets), ExitStack() as stack:
        product = stack.enter_context(servers.product(home / "data", url))
        other = stack.enter_context(written_by_hand(url))
        pair = (Loaded("M1", product), Loaded("by hand", other))
        token = product.token(EMAIL, PASSWORD)
        requests = [by_mutation(pair[0], token, datasets), by_hand(pair[1], datasets)]
        compared(pair, requests, partial(emptied, url))


def main(given: Sequence[str] = DATABASES) -> None:
    load.undisturbed()
    for kind in given:
        print(f" {kind}", flush=True)
        measured(kind)


if __name__ == "__main__":
    main(sys.argv[1:] or DATABASES)
