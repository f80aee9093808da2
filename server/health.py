"""Whether the process is alive, and whether it can do its work."""

import asyncio
import logging
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response

from db import migrating
from resolvers.equipment import Equipment, Store
from server.remembered import Remembered
from server.responses import json

PATIENCE = 2.0
"""Seconds for each thing to show that it works."""
logger = logging.getLogger(__name__)


class Health:
    """What a balancer asks. `stopping` tells it to ask somebody else."""

    def __init__(self, equipment: Equipment) -> None:
        self.stopping = False
        self._equipment = equipment
        self._head = migrating.head()
        self._wrong = Remembered(self._looked)

    async def alive(self, _: Request) -> Response:
        return json({"status": "alive"})

    async def ready(self, _: Request) -> Response:
        wrong = await self.wrong()
        told = {"status": "not ready" if wrong else "ready", "wrong": wrong}
        return json(told, 503 if wrong else 200)

    async def wrong(self) -> dict[str, str]:
        """What keeps this process from its work, each with a sentence.

        Anybody may ask: what is wrong in detail is for the log alone.
        """
        if self.stopping:
            return {"process": "it is stopping"}
        return await self._wrong.get()

    async def _looked(self) -> dict[str, str]:
        said = {"database": await self._database(), "store": await self._files()}
        return {name: sentence for name, sentence in said.items() if sentence}

    async def _database(self) -> str | None:
        version = sa.text("SELECT version_num FROM alembic_version")
        try:
            async with asyncio.timeout(PATIENCE):
                async with self._equipment.database.read() as session:
                    revision = await session.scalar(version)
        except (SQLAlchemyError, TimeoutError, OSError):
            logger.warning("the database does not answer", exc_info=True)
            return "it does not answer, or has no tables"
        if revision != self._head:
            logger.warning("the database is at %s, not at %s", revision, self._head)
            return "its tables are not those of this server"
        return None

    async def _files(self) -> str | None:
        if wrong := await unwritable(self._equipment.store):
            logger.warning("the store: %s", wrong)
            return "it takes no files"
        return None


async def unwritable(store: Store) -> str | None:
    """Why no file can be kept, if none can."""
    key = f"probes/{uuid4().hex}"
    try:
        async with asyncio.timeout(PATIENCE), store.scratch() as path:
            path.write_bytes(b"ready")
            await store.keep(path, key)
            await store.remove(key)
    except Exception as error:  # noqa: BLE001  each store fails in a way of its own
        return f"it takes no files: {type(error).__name__}"
    return None
