"""A folder of data and a database that outlive the servers they are used by."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from resolvers.equipment import Equipment
from server.app import create_app
from server.equipment import equipped
from server.settings import Settings
from server.worker import work
from tests.calling import Client
from tests.crashing import TESTED, table
from tests.processes import FREELY, killed, serving
from tests.waiting import SECONDS


class World:
    """A folder of data and a database, in which servers are started and end."""

    def __init__(self, data: Path, database: str | None) -> None:
        self.data, self.database = data, database
        self.settings = Settings(
            data=data, database_url=database, job_lease=1, refresh_grace=60, **FREELY
        )
        self.client = Client()

    @asynccontextmanager
    async def here(self) -> AsyncGenerator[Equipment]:
        """A server in this process, for the client to talk with."""
        async with equipped(self.settings) as equipment:
            app = create_app(equipment, self.settings)
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport) as self.client.http:
                self.client.url = "http://here"
                yield equipment

    async def queue(self) -> None:
        """Have a dataset processed, by whoever comes to it."""
        upload = await self.client.upload(table(0, 1_000), "baseline")
        given = {"name": "rows", "uploads": [upload["id"]]}
        made = await self.client.do("datasetCreate", "dataset { id }", **given)
        await self.client.do(
            "datasetProcess", "dataset { id }", id=made["dataset"]["id"]
        )

    async def dies(
        self, fault: str, *arguments: str, at: Awaitable[Any] | None = None
    ) -> None:
        """A server in a process of its own is killed, by itself or when it is asked."""
        given = {**TESTED, "refresh_grace": "60", "fault_points": f"{fault}:kill"}
        async with (
            serving(self.data, *arguments, database=self.database, **given) as server,
            httpx.AsyncClient(timeout=SECONDS) as self.client.http,
        ):
            self.client.url = server.url
            if at:
                with pytest.raises(httpx.TransportError):
                    await at
            assert await killed(server.process)
            await server.gone([])


@asynccontextmanager
async def working(equipment: Equipment) -> AsyncGenerator[None]:
    """A worker at work in this process."""
    task = asyncio.create_task(work(equipment))
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
