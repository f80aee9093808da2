"""What somebody at work notices of 2,000 wrong logins from 50 addresses.

`python -m benchmarks flood --database sqlite --rounds 2`
"""

import argparse
import asyncio
import itertools
import multiprocessing
import os
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import uvloop

from benchmarks import data, load, questions, servers
from benchmarks.load import Asking, Figures, Request
from benchmarks.questions import DOCUMENTS
from benchmarks.servers import Server
from benchmarks.world import Size, World, email
from tests.waiting import SECONDS

ADDRESSES, TRIES = 50, 40
"""Addresses that try passwords, and how often each of them does."""
WORKING, PAUSE, PEACE = 4, 0.01, 30.0
"""Connections of whoever works, and seconds: to look at an answer, and in peace."""
QUERY, SIZE = "Q3", Size(8, 20)
LOGIN = "mutation($i: LoginInput!) { login(input: $i) { userErrors { message } } }"
ENDLESS, LONGEST = float("inf"), 300.0
"""Seconds of a flood, for those in it and for those who look at it."""
ADMITTED = {
    "as it comes": {
        "points_anonymous": "500",
        "logins_per_minute": "20",
        "logins_per_hour": "100",
    },
    "every try hashed": {
        "points_anonymous": "1000000000",
        "logins_per_minute": "1000000",
        "logins_per_hour": "1000000",
    },
}
"""What is measured: how many of the tries the server looks at."""


class Working(Asking):
    """Somebody who looks at each answer before they ask the next."""

    def finish(self) -> None:
        """End with the next answer."""
        self._until = min(self._until, time.perf_counter() + PAUSE)

    def _go_on(self) -> None:
        asyncio.get_running_loop().call_later(PAUSE, super()._go_on)


class Trying(Asking):
    """An address that tries so many passwords, one after the other."""

    def _go_on(self) -> None:
        if len(self.figures.times) < TRIES:
            self._ask()
        else:
            self._end()


def main(given: Sequence[str] | None = ()) -> None:
    chosen = options(given)
    with ExitStack() as stack:
        kept = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for database in [chosen.database] if chosen.database else data.DATABASES:
            url = stack.enter_context(data.populated(database, kept, SIZE))
            for name, settings in ADMITTED.items():
                home = kept / f"{database} {name}"
                with servers.product(home, url, **settings) as server:
                    measured(f"{database}, {name}", server, chosen)


def options(given: Sequence[str] | None) -> Any:
    parser = argparse.ArgumentParser("python -m benchmarks flood", description=__doc__)
    parser.add_argument("--database", choices=data.DATABASES, help="one of them")
    parser.add_argument("--rounds", type=int, default=2, help="floods, each of 2,000")
    return parser.parse_args(given)


def measured(name: str, server: Server, chosen: Any) -> None:
    """Work in peace and in a flood by turns, and print how the two compare."""
    asked = requests(server)
    load.undisturbed()
    quiet, flooded, seconds = Figures(), Figures(), 0.0
    ran(worked(server, asked, 1.0))  # to be warm
    for number in range(chosen.rounds):
        flood = Flood(server, number)
        one = ran(worked(server, asked, 0, flood))
        other = ran(worked(server, asked, min(one.seconds, PEACE)))
        for whole, part in ((flooded, one), (quiet, other)):
            whole.times += part.times
            whole.errors += part.errors
        seconds += one.seconds
    ratio = flooded.slowest(0.99) / quiet.slowest(0.99)
    times = [
        f"{1e3 * figures.slowest(share):.1f}"
        for share in (0.5, 0.99)
        for figures in (quiet, flooded)
    ]
    print(
        f"  {name:28}  p50 {times[0]} and {times[1]} ms"
        f"  p99 {times[2]} and {times[3]} ms  ratio {ratio:.2f}"
        f"  {ADDRESSES * TRIES * chosen.rounds / seconds:.0f} tries a second"
        f"  {flooded.errors + quiet.errors} errors",
        flush=True,
    )


def requests(server: Server) -> list[Request]:
    """What somebody asks who works."""
    world = World(SIZE)
    token = server.token(email(1), data.PASSWORD)
    asked = [
        one for one in questions.asked(world, QUERY) if one.owner == world.owner(1)
    ]
    return [
        load.request(
            f"{server.url}/graphql",
            orjson.dumps({"query": DOCUMENTS[QUERY], "variables": one.variables}),
            authorization=f"Bearer {token}",
        )
        for one in asked
    ]


class Flood:
    """Wrong logins from many addresses, sent by a process that gives way to others."""

    def __init__(self, server: Server, number: int) -> None:
        spawning = multiprocessing.get_context("spawn")
        self._begun, self._ended = spawning.Event(), spawning.Event()
        given = server.url, number, self._begun, self._ended
        self._process = spawning.Process(target=flooded, args=given, daemon=True)

    def begin(self) -> None:
        """Begin it; returns with the first try."""
        self._process.start()
        assert self._begun.wait(SECONDS)

    async def over(self) -> None:
        async with asyncio.timeout(LONGEST):
            while not self._ended.is_set():  # noqa: ASYNC110  it is another process's
                await asyncio.sleep(0.02)
        self._process.join()


def flooded(url: str, number: int, begun: Any, ended: Any) -> None:
    os.nice(10)  # elsewhere it would have processors of its own
    begun.set()
    ran(tried(url, number))
    ended.set()


def ran(work: Any) -> Any:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


async def tried(url: str, number: int) -> None:
    """Try passwords from addresses that no other flood came from."""
    trying: list[Asking] = []
    for place in range(ADDRESSES):
        requests = [attempt(url, f"{number}.{place}.{n}") for n in range(TRIES)]
        local = f"127.0.{number + 1}.{place + 1}"
        trying.append(await joined(url, Trying, requests, ENDLESS, local))
    for one in trying:
        await one.ended.wait()


def attempt(url: str, name: str) -> Request:
    signing = {"email": f"{name}@example.org", "password": "a wrong password"}
    body = {"query": LOGIN, "variables": {"i": signing}}
    return load.request(f"{url}/graphql", orjson.dumps(body))


async def worked(
    server: Server, asked: Sequence[Request], seconds: float, flood: Flood | None = None
) -> Figures:
    """Work for some seconds, or for as long as a flood lasts."""
    if flood:
        flood.begin()
    whole, began = Figures(), time.perf_counter()
    until = ENDLESS if flood else began + seconds
    working = [await joined(server.url, Working, asked, until) for _ in range(WORKING)]
    if flood:
        await flood.over()
    for one in working:
        if flood:
            one.finish()
        await one.ended.wait()
        whole.times += one.figures.times
        whole.errors += one.figures.errors
    whole.seconds = time.perf_counter() - began
    return whole


async def joined(
    url: str,
    kind: type[Asking],
    asked: Sequence[Request],
    until: float,
    local: str = "",
) -> Any:
    """A connection from an address, which begins to ask."""
    parts, round_ = urlsplit(url), itertools.cycle(asked)
    _, one = await asyncio.get_running_loop().create_connection(
        lambda: kind(round_, until),
        parts.hostname or "127.0.0.1",
        parts.port or 80,
        local_addr=(local, 0) if local else None,
    )
    return one


if __name__ == "__main__":
    main(None)
