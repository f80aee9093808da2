"""Processes that were begun one by one, as on several machines, act as one server."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from db.models import AuditEntry, Job, JobStatus
from db.session import Database
from resolvers.access import SYSTEM, visible
from tests import instances
from tests.calling import Client
from tests.crashing import TESTED, Load, all_ended, row, table
from tests.processes import Server, serving
from tests.server.clients import Talk, talking
from tests.waiting import SECONDS

pytestmark = pytest.mark.once("postgresql")

JOBS = 30
FREE = 5
"""Datasets that somebody makes in a month who pays nothing."""
ADDED = """subscription($id: ID!) {
  monitorPointAdded(analysis: $id, after: -1) { processOrder } }"""


@dataclass
class Machines:
    """Two that answer and two that work, on one PostgreSQL and one Redis."""

    web: list[Server]
    database: Database
    load: Load
    redis: AsyncExitStack
    home: Path

    def begin_redis(self) -> None:
        self.redis.enter_context(instances.redis(self.home))

    async def store(self, first: int, rows: int) -> None:
        """Send rows to the second of those that answer."""
        lines = [
            json.dumps({"values": row(order), "processOrder": order})
            for order in range(first, first + rows)
        ]
        client, watching = self.load.client, self.load.watching
        url = f"{self.web[1].url}/analyses/{watching}/points"
        body = "\n".join(lines)
        said = await client.http.post(url, content=body, headers=client.headers)
        assert said.json()["accepted"] == rows


@pytest.fixture
async def machines(tmp_path: Path, apart: str | None) -> AsyncIterator[Machines]:
    async with AsyncExitStack() as stack, AsyncExitStack() as redis:
        url = apart or stack.enter_context(instances.postgresql(tmp_path / "cluster"))
        place = redis.enter_context(instances.redis(tmp_path))
        given = {**TESTED, "job_lease": "30", "redis_url": place}

        async def begun(kind: str) -> Server:
            serves = serving(tmp_path / "data", "--only", kind, database=url, **given)
            return await stack.enter_async_context(serves)

        web = [await begun("web"), await begun("web")]
        await asyncio.gather(begun("worker"), begun("worker"))
        database = Database(url)
        stack.push_async_callback(database.close)
        load = Load(Client())
        stack.push_async_callback(load.client.http.aclose)
        load.client.url = web[0].url
        yield Machines(web, database, load, redis, tmp_path)


async def heard(talk: Talk, many: int) -> list[int]:
    """The places of the next points that a subscriber is told of."""
    async with asyncio.timeout(SECONDS):
        said = [await talk.hear() for _ in range(many)]
    return [one["payload"]["data"]["monitorPointAdded"]["processOrder"] for one in said]


async def test_what_one_machine_stores_another_tells_also_while_redis_is_away(
    machines: Machines,
) -> None:
    await machines.load.prepare()
    address = machines.web[0].url.removeprefix("http://")
    async with talking(address) as talk:
        await talk.init(**machines.load.client.headers)
        await talk.subscribe(ADDED, variables={"id": machines.load.watching})
        await machines.store(0, 3)
        assert await heard(talk, 3) == [0, 1, 2]
        await machines.redis.aclose()
        await machines.store(3, 3)
        assert await heard(talk, 3) == [3, 4, 5]
        machines.begin_redis()
        await machines.store(6, 3)
        assert await heard(talk, 3) == [6, 7, 8]


async def test_of_two_workers_each_job_is_run_by_one_and_once(
    machines: Machines,
) -> None:
    client = machines.load.client
    for number in range(JOBS):
        client.url = machines.web[number % 2].url
        if number % FREE == 0:
            await client.sign_up()
        upload = await client.upload(table(number * 50, 50), f"file {number}")
        given = {"name": f"rows {number}", "uploads": [upload["id"]]}
        made = await client.do("datasetCreate", "dataset { id }", **given)
        id_ = made["dataset"]["id"]
        await client.do("datasetProcess", "dataset { id }", id=id_)
    await all_ended(machines.database)
    ended = visible(SYSTEM, AuditEntry).where(AuditEntry.action.like("job.%"))
    async with machines.database.read() as session:
        jobs = list(await session.scalars(visible(SYSTEM, Job)))
        endings = Counter(one.entity_id for one in await session.scalars(ended))
    assert len(jobs) == JOBS
    assert {(one.status, one.fence) for one in jobs} == {(JobStatus.COMPLETED, 1)}
    assert endings == Counter(one.id for one in jobs)
