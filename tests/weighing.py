"""How heavy a server gets while a large file passes through it."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tests.calling import Client
from tests.processes import FREELY, Server, serving

COLUMNS, BLOCK = 40, 5_000
CHUNK = 1 << 20
OFTEN = 0.05
"""Seconds between two looks, and between two questions."""
QUESTION = "{ datasets(first: 20) { totalCount nodes { id name status } } }"


@dataclass
class Weight:
    """What was seen. Memory is in bytes, of the web process alone; times in seconds."""

    before: int = 0
    peak: int = 0
    answers: list[float] = field(default_factory=list[float])
    """How long other questions took meanwhile."""
    times: dict[str, float] = field(default_factory=dict[str, float])

    def slowest(self, share: float) -> float:
        """What so large a share of the answers took at most."""
        return float(np.quantile(self.answers, share))


def numbers(path: Path, megabytes: int) -> None:
    """Write a CSV of so many megabytes, always the same."""
    values = np.random.default_rng(1).normal(0, 100, (BLOCK, COLUMNS))
    block = "".join(",".join([f"{x:.6g}" for x in row]) + "\n" for row in values)
    with path.open("w") as file:
        file.write(",".join(f"f_{place}" for place in range(COLUMNS)) + "\n")
        while file.tell() < megabytes * 1_000_000:
            file.write(block)


async def weighed(home: Path, megabytes: int, database: str | None = None) -> Weight:
    """Upload a file, make a dataset of it and have that processed, and look on."""
    source, weight, client = home / "numbers.csv", Weight(), Client()
    numbers(source, megabytes)
    given = {"graphiql": "0", "stop_notice": "0", **FREELY}
    async with serving(home / "data", database=database, **given) as server:
        client.url = server.url
        await client.sign_up()
        await client.ask(QUESTION)
        weight.before = server.memory()
        async with watched(server, client, weight):
            began = time.monotonic()
            upload = await client.upload(content(source), "numbers")
            weight.times["upload"] = time.monotonic() - began
            uploads = [upload["id"]]
            made = await client.do(
                "datasetCreate", "dataset { id }", name="numbers", uploads=uploads
            )
            dataset = made["dataset"]["id"]
            await client.do("datasetProcess", "dataset { id }", id=dataset)
            ended = await client.ended("dataset", dataset)
            weight.times["processing"] = (
                time.monotonic() - began - weight.times["upload"]
            )
            assert ended == "COMPLETED", ended
    await client.http.aclose()
    return weight


async def content(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


@asynccontextmanager
async def watched(
    server: Server, client: Client, weight: Weight
) -> AsyncGenerator[None]:
    """Weigh a server and ask it questions for as long as this lasts."""
    watching = [
        asyncio.create_task(weigh(server, weight)),
        asyncio.create_task(question(client, weight)),
    ]
    try:
        yield
    finally:
        for one in watching:
            one.cancel()
        for ended in await asyncio.gather(*watching, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended


async def weigh(server: Server, weight: Weight) -> None:
    while True:
        weight.peak = max(weight.peak, server.memory())
        await asyncio.sleep(OFTEN)


async def question(client: Client, weight: Weight) -> None:
    while True:
        began = time.monotonic()
        await client.ask(QUESTION)
        weight.answers.append(time.monotonic() - began)
        await asyncio.sleep(OFTEN)
