"""A server that is killed while it works, and what must hold afterwards."""

import asyncio
import csv
import hashlib
import io
import json
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from db.models import AuditEntry, FileUpload, Job, MonitorPoint, StoredEvent
from db.session import Database
from resolvers.access import SYSTEM, visible
from tests.calling import ENDED, Client, streaming
from tests.families import kill, whole
from tests.processes import FREELY, serving
from tests.waiting import SECONDS, until, until_told

WIDTH, ROWS = 6, 1_200
BURST = 25
"""Rows that are sent together."""
TESTED = {
    **FREELY,
    "testing": "1",
    "job_lease": "1",
    "stop_notice": "0",
    "graphiql": "0",
}
GONE = (httpx.TransportError, ConnectionError, asyncio.IncompleteReadError)


def row(order: int) -> list[float]:
    """The values of a machine's row, which follow from its place."""
    return [(order * 7_919 + place) % 99_991 / 1_000 for place in range(WIDTH)]


def table(first: int, rows: int) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(f"f_{place}" for place in range(WIDTH))
    writer.writerows(row(first + number) for number in range(rows))
    return file.getvalue().encode()


class Load:
    """Streams rows, runs jobs and uploads files, and remembers what was promised."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.rows = 0
        """Rows that were acknowledged."""
        self.runs: list[str] = []
        """Analyses whose job was taken on."""
        self.uploads: dict[str, str] = {}
        """Digests of the files that were taken, by their ids."""

    async def prepare(self) -> None:
        """Make a map of a dataset, and an analysis that watches against it."""
        client = self.client
        await client.sign_up()
        columns = {"startDim": "f_0", "endDim": f"f_{WIDTH - 1}"}
        await client.do("reductionConfigCreate", "reductionConfig { id }", **columns)
        upload = await client.upload(table(0, ROWS), "baseline")
        made = await client.do(
            "datasetCreate", "dataset { id }", name="rows", uploads=[upload["id"]]
        )
        self.dataset = made["dataset"]["id"]
        await client.do("datasetProcess", "dataset { id }", id=self.dataset)
        assert await client.ended("dataset", self.dataset) == "COMPLETED"
        first = await self.analyse(kind="REDUCTION", dataset=self.dataset)
        assert await client.ended("analysis", first) == "COMPLETED"
        found = "query($id: ID!) { analysis(id: $id) { reductionResult { id } } }"
        result = (await client.ask(found, id=first))["reductionResult"]
        self.watching = await self.analyse(kind="MONITORING", reference=result["id"])

    async def analyse(self, **given: Any) -> str:
        made = await self.client.do("analysisCreate", "analysis { id }", **given)
        id_ = made["analysis"]["id"]
        await self.client.do("analysisRun", "analysis { id }", id=id_)
        return id_

    async def last(self) -> int:
        """The place of the last row that is there; -1 where there is none."""
        query = """query($id: ID!) { analysis(id: $id) {
            monitorPoints(first: 1, orderBy: {field: PROCESS_ORDER, direction: DESC}) {
                nodes { processOrder } } } }"""
        found = await self.client.ask(query, id=self.watching)
        nodes = found["monitorPoints"]["nodes"]
        return nodes[0]["processOrder"] if nodes else -1

    async def until_killed(
        self, kill: Callable[[], Awaitable[None]], seconds: float
    ) -> None:
        """Go on where rows are missing; some time after the first, kill somebody."""
        last = await self.last()
        assert last + 1 >= self.rows, "a row was lost that had been acknowledged"
        before = self.rows = last + 1
        working = [
            asyncio.create_task(one)
            for one in (self.stream(last + 1), self.run_jobs(), self.send_files())
        ]
        await until(lambda: self.rows > before or any(one.done() for one in working))
        done, _ = await asyncio.wait(
            working, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        assert not done, [one.exception() for one in done]
        await kill()
        for one in working:
            one.cancel()
        await asyncio.gather(*map(until_gone, working))

    async def stream(self, first: int) -> None:
        """Send rows from a place on, and hear which were stored."""
        async with streaming(self.client, self.watching) as (reader, writer):
            sending = asyncio.create_task(send(writer, first))
            try:
                while line := await reader.readline():
                    if line.startswith(b"{"):
                        said = json.loads(line)
                        assert not said.get("errors"), said
                        assert not said["userErrors"], said
                        self.rows = first + said["accepted"]
            finally:
                sending.cancel()

    async def run_jobs(self) -> None:
        while True:
            self.runs.append(await self.analyse(kind="REDUCTION", dataset=self.dataset))
            await self.client.ended("analysis", self.runs[-1])

    async def send_files(self) -> None:
        """Send one file after the other; one of which nothing was heard, again."""
        while True:
            number = len(self.uploads) + 1
            content = table(number * ROWS, ROWS)
            taken = await self.client.upload(content, f"file {number}")
            assert taken["sha256"] == hashlib.sha256(content).hexdigest()
            self.uploads[taken["id"]] = taken["sha256"]


async def send(writer: asyncio.StreamWriter, first: int) -> None:
    with suppress(ConnectionError):
        while True:
            lines = [
                json.dumps({"values": row(order), "processOrder": order})
                for order in range(first, first + BURST)
            ]
            body = "\n".join([*lines, ""]).encode()
            writer.write(b"%x\r\n%b\r\n" % (len(body), body))
            await writer.drain()
            await asyncio.sleep(0.01)
            first += BURST


async def until_gone(work: Coroutine[Any, Any, None] | asyncio.Task[None]) -> None:
    with suppress(*GONE, asyncio.CancelledError):
        await work


async def survived(
    data: Path, database: str | None, kills: int, seed: int, redis: str = ""
) -> Load:
    """Kill a server at random moments of its work. Fails if a promise is not kept.

    With a Redis it has several processes, of which one is killed and others go on.
    """
    chance, load = random.Random(seed), Load(Client())  # noqa: S311  to be repeatable
    killing = some_killed if redis else all_killed
    stored = Database(database or f"sqlite+aiosqlite:///{data / 'heliograph.db'}")
    try:
        await killing(load, chance, kills, data, database, redis)
        async with serving(data, database=database, **TESTED) as server:
            load.client.url = server.url
            assert await load.last() + 1 >= load.rows, "an acknowledged row was lost"
            await all_ended(stored)
            said = await load.client.ask("{ auditVerify { isWhole damage } }")
            assert said["isWhole"], said
        await kept(stored, data / "files", load)
    finally:
        await load.client.http.aclose()
        await stored.close()
    return load


async def all_killed(
    load: Load,
    chance: random.Random,
    kills: int,
    data: Path,
    database: str | None,
    redis: str,
) -> None:
    for number in range(kills):
        async with serving(data, database=database, **TESTED) as server:
            load.client.url = server.url
            if number == 0:
                await load.prepare()
            await load.until_killed(server.kill, chance.uniform(0, 3))


async def some_killed(
    load: Load,
    chance: random.Random,
    kills: int,
    data: Path,
    database: str | None,
    redis: str,
) -> None:
    """Kill a process that answers and the one that works, in turn."""
    given = {**TESTED, "redis_url": redis}
    async with serving(data, "--processes", "2", database=database, **given) as server:
        load.client.url = server.url
        await load.prepare()
        for number in range(kills):
            await whole(server)
            name = "worker" if number % 2 else chance.choice(["web-1", "web-2"])
            await load.until_killed(partial(kill, server, name), chance.uniform(0, 3))


async def all_ended(database: Database) -> None:
    """Wait until no job waits or runs."""
    going = visible(SYSTEM, Job).where(Job.finished_at.is_(None)).limit(1)

    async def ended() -> bool:
        async with database.read() as session:
            return await session.scalar(going) is None

    await until_told(ended, 2 * SECONDS)


async def kept(database: Database, files: Path, load: Load) -> None:
    """See that the database holds what was promised, each thing once and whole."""
    points = visible(SYSTEM, MonitorPoint).order_by(MonitorPoint.process_order)
    entries = visible(SYSTEM, AuditEntry).where(AuditEntry.action.like("job.%"))
    events = visible(SYSTEM, StoredEvent).where(StoredEvent.topic == "job")
    async with database.read() as session:
        rows = [
            (one.process_order, list(one.monitor_values))
            for one in await session.scalars(points)
        ]
        jobs = list(await session.scalars(visible(SYSTEM, Job)))
        endings = Counter(one.entity_id for one in await session.scalars(entries))
        told = Counter(one.row_id for one in await session.scalars(events))
        uploads = list(await session.scalars(visible(SYSTEM, FileUpload)))
    assert rows == [(order, row(order)) for order in range(len(rows))]
    assert len(rows) >= load.rows
    assert {job.status.name for job in jobs} <= ENDED
    assert endings == told == Counter(job.id for job in jobs)
    digests = [upload.sha256 for upload in uploads]
    assert len(set(digests)) == len(digests)
    assert set(load.uploads.values()) <= set(digests)
    for upload in uploads:
        content = (files / (upload.file_path or "")).read_bytes()
        assert hashlib.sha256(content).hexdigest() == upload.sha256
