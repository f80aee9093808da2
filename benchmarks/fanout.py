"""What it costs to tell many of one event: `python -m benchmarks.fanout`.

Alerts are acknowledged in this process; a server in another hears of it through Redis
and tells clients in a third, over real sockets. Beside them, in the same server, a bare
endpoint broadcasts the same frames at the same kind of word. What is compared is the
processor time of the server for each frame that a client got.
"""

import asyncio
import json
import re
import sys
import tempfile
import urllib.request
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from benchmarks import broadcast, servers
from benchmarks.audience import Apart
from benchmarks.servers import Server
from db import migrating
from resolvers.access import Actor, BaseRole
from resolvers.context import Context
from resolvers.equipment import Equipment
from schema import schema
from schema.ids import spell
from server.equipment import equipped
from server.settings import Settings
from tests import instances
from tests.factories import a_dataset, a_rule, an_alert

SIZES = 500, 5_000
FEW = 20
EVENTS = {500: 20, 5_000: 10, FEW: 1_000}
"""Events of a round, each told to all before the next."""
ROUNDS = {500: 5, 5_000: 2}
ALERTS = 200 + 2 * EVENTS[FEW]
WATCH = """subscription Dashboard($after: String) { alertChanged(after: $after) {
  cursor alert { id status severity fingerprint occurrences lastFiredAt
    rule { id name severity } } } }"""
NOTES = " ".join(f"n{number}: note" for number in range(40))
LOUD = f"subscription {{ alertChanged {{ cursor alert {{ {NOTES} }} }} }}"
"""Its answers are 16 KB each, so that what a client does not read is soon too much."""
TAKE = """mutation($i: AlertAcknowledgeInput!) { alertAcknowledge(input: $i) {
  alert { id } userErrors { message } } }"""
SIGN_UP = """mutation($i: SignUpInput!) { signUp(input: $i) {
  tokens { accessToken } user { id } userErrors { message } } }"""


@dataclass
class Owner:
    """Somebody who has alerts, and how many of them were acknowledged."""

    actor: Actor
    token: str
    alerts: list[Any] = field(default_factory=list[Any])


@dataclass
class Stage:
    """The server, the clients, and what makes events."""

    server: Server
    equipment: Equipment
    audience: Apart
    owner: Owner

    async def acknowledge(self, owner: Owner) -> None:
        context = Context(self.equipment, owner.actor)
        given = {"i": {"id": spell(owner.alerts.pop())}}
        done: Any = await schema.execute(TAKE, given, context)
        assert not done.errors, done.errors
        assert not done.data["alertAcknowledge"]["userErrors"]

    def state(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.server.url}{path}") as answer:  # noqa: S310  ours
            return answer.read().decode()

    def watching(self, path: str) -> int:
        if path == "/bare":
            return json.loads(self.state(path))["there"]
        return self.counted("subscriptions_running")

    def counted(self, name: str) -> int:
        found = re.search(
            rf"^heliograph_\w*{name}\S* (\S+)", self.state("/metrics"), re.MULTILINE
        )
        return int(float(found[1])) if found else 0

    def reads(self) -> int:
        return json.loads(self.state("/bare"))["reads"]

    async def heard(self, count: int, seconds: float = 60.0) -> Any:
        self.audience.ask("hear", count, seconds)
        return await asyncio.to_thread(self.audience.told)

    async def gather(self, path: str, size: int, token: str) -> None:
        """Have so many clients there, and nobody else."""
        self.audience.ask("close")
        self.audience.told()
        while self.watching(path):  # noqa: ASYNC110  another process tells nothing
            await asyncio.sleep(0.2)
        await self.join(path, size, token)

    async def join(self, path: str, size: int, token: str) -> None:
        before = self.watching(path)
        self.audience.ask("open", size, path, [] if path == "/bare" else said(token))
        await asyncio.to_thread(self.audience.told)
        while self.watching(path) < before + size:  # noqa: ASYNC110  as above
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.5)


def said(token: str, query: str = WATCH) -> list[dict[str, Any]]:
    """What a client says, once it is connected."""
    payload = {"query": query}
    init = {"type": "connection_init", "payload": {"authorization": token}}
    return [init, {"type": "subscribe", "id": "1", "payload": payload}]


async def told(stage: Stage, path: str, size: int) -> tuple[float, Any]:
    """Microseconds of processor for a frame, of a round; and what the clients say."""
    events = EVENTS[size]
    before, heard = stage.server.cpu(), None
    for _ in range(events):
        if path == "/bare":
            owner: Any = stage.owner.actor.user_id
            await stage.equipment.bus.publish(broadcast.TOPIC, owner, owner)
        else:
            await stage.acknowledge(stage.owner)
        heard = await stage.heard(1)
    used = stage.server.cpu() - before
    return used * 1e6 / events / size, heard


async def compared(stage: Stage, size: int) -> float:
    """Print how the two compare; gives the product's microseconds for a frame."""
    costs: dict[str, list[float]] = {"/graphql": [], "/bare": []}
    for _ in range(ROUNDS[size]):
        for path, found in costs.items():
            await stage.gather(path, size, stage.owner.token)
            reads = stage.reads()
            cost, heard = await told(stage, path, size)
            reads = stage.reads() - reads
            found.append(cost)
            assert heard["heard"] == [EVENTS[size]] * 2, heard["heard"]
            if path == "/graphql":
                assert heard["ordered"], "the events came in another order"
                assert heard["lasts"] == 1
                stage.server.post("/bare", heard["sample"].encode())
                print(f"  {reads / EVENTS[size]:.1f} reads of the database an event")
    ours, bare = (median(found) for found in costs.values())
    print(f"{size}: {ours:.1f} µs an event and subscriber")
    print(f"  {bare:.1f} by a bare broadcast, ratio {ours / bare:.2f}")
    print(
        f"  of {[*map(round, costs['/graphql'])]} and {[*map(round, costs['/bare'])]}"
    )
    return ours


async def measured(home: Path, redis: str) -> None:
    data = home / "data"
    data.mkdir()
    given: dict[str, Any] = {
        **servers.FREELY,
        "data": str(data),
        "redis_url": redis,
        "address_sockets": "20000",
        "user_sockets": "20000",
        "pepper": servers.PEPPER,
    }
    settings = Settings(**given)
    await migrating.upgrade(settings.database)
    named = {f"HELIOGRAPH_{name.upper()}": value for name, value in given.items()}
    async with AsyncExitStack() as stack:
        command = (sys.executable, "-m", "benchmarks.broadcast")
        server = stack.enter_context(servers.script(*command, **named))
        equipment = await stack.enter_async_context(equipped(settings))
        owner, other = [await an_owner(server, equipment) for _ in range(2)]
        audience = Apart(int(server.url.rpartition(":")[2]))
        stack.callback(audience.end)
        stage = Stage(server, equipment, audience, owner)
        few, many = [await compared(stage, size) for size in SIZES]
        print(f"5,000 to 500: {many / few:.2f}")
        await apart(stage, other)
        await deaf(stage)


async def an_owner(server: Server, equipment: Equipment) -> Owner:
    """Somebody with an account and alerts."""
    email = f"{uuid7().hex}@example.org"
    given = {"email": email, "password": "a machine that hums"}
    body = json.dumps({"query": SIGN_UP, "variables": {"i": given}}).encode()
    made = json.loads(server.post("/graphql", body))["data"]["signUp"]
    actor = Actor(UUID(made["user"]["id"].partition("_")[2]), BaseRole.USER)
    dataset = a_dataset(actor)
    rule = a_rule(dataset)
    alerts = [an_alert(rule, note="Bearing 3 runs hot. " * 20) for _ in range(ALERTS)]
    async with equipment.database.write.begin() as session:
        for row in (dataset, rule, *alerts):
            session.add(row)
            await session.flush()
    return Owner(actor, f"Bearer {made['tokens']['accessToken']}", alerts)


async def apart(stage: Stage, other: Owner) -> None:
    """See that somebody else's clients hear nothing, and what is made of it is one."""
    await stage.gather("/graphql", 50, other.token)
    before = stage.counted("answers")
    for _ in range(5):
        await stage.acknowledge(stage.owner)
    heard, made = await stage.heard(0, 3), stage.counted("answers") - before
    print(f"another owner's clients heard {heard['heard'][1]} of 5 events, {made} made")


async def deaf(stage: Stage) -> None:
    """See what becomes of one that never reads, and of those beside it."""
    await stage.gather("/graphql", FEW, stage.owner.token)
    alone, _ = await told(stage, "/graphql", FEW)
    stage.audience.ask("deafen", "/graphql", said(stage.owner.token, LOUD))
    await asyncio.to_thread(stage.audience.told)
    beside, heard = await told(stage, "/graphql", FEW)
    assert heard["ordered"]
    assert heard["lasts"] == 1
    stage.audience.ask("read_late")
    end = await asyncio.to_thread(stage.audience.told)
    print(f"{beside:.1f} µs beside one that never reads, {alone:.1f} without it")
    print(f"  which was told {end['heard']}, to {end['last']}; closed: {end['end']}")


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as home,
        instances.redis(Path(home)) as redis,
    ):
        asyncio.run(measured(Path(home), redis))


if __name__ == "__main__":
    main()
