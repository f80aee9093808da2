"""What a server leaves behind when it is told to stop while it is at work."""

import asyncio
import signal
import time

from db.models import FeatureData, Job, JobStatus
from resolvers.access import SYSTEM, visible
from resolvers.equipment import Equipment
from server.stopping import DRAIN
from tests.crashing import TESTED
from tests.processes import Server, serving
from tests.server.clients import Talk, talking
from tests.waiting import until_told
from tests.worlds import World

LISTEN = "subscription { alertChanged { alert { id } } }"


async def job_of(equipment: Equipment) -> Job:
    async with equipment.database.read() as session:
        return (await session.scalars(visible(SYSTEM, Job))).one()


async def stopped(server: Server, talks: list[Talk]) -> float:
    """Stop a server that computes and is listened to; the seconds that it took."""
    family = server.family()
    server.process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    assert [(await talk.closed())[0] for talk in talks] == [1012] * len(talks)
    async with asyncio.timeout(DRAIN):
        assert await server.process.wait() == 0
    seconds = time.monotonic() - began
    await server.gone(family)
    return seconds


async def before_its_end(equipment: Equipment) -> None:
    """Wait until the job has stored all but its result."""

    async def stored() -> bool:
        async with equipment.database.read() as session:
            return await session.scalar(visible(SYSTEM, FeatureData)) is not None

    await until_told(stored)


async def test_a_server_that_stops_gives_its_job_back_and_sends_listeners_elsewhere(
    world: World,
) -> None:
    held = {**TESTED, "fault_points": "job.before_result:sleep:600"}
    async with world.here() as equipment:
        await world.queue()
        async with serving(world.data, database=world.database, **held) as server:
            await before_its_end(equipment)
            address = server.url.removeprefix("http://")
            async with talking(address) as first, talking(address) as second:
                for talk in (first, second):
                    await talk.init(**world.client.headers)
                    await talk.subscribe(LISTEN)
                assert await stopped(server, [first, second]) < DRAIN
        job = await job_of(equipment)
    assert (job.status, job.attempts, job.leased_until) == (JobStatus.QUEUED, 0, None)
