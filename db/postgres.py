"""PostgreSQL's way for single statements that give one text: asyncpg, and no more."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import asyncpg  # pyright: ignore[reportMissingTypeStubs]  it has none
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from db import walls
from db.drivers import NATIVE, PATIENCE
from db.texts import Text

Way = Callable[..., Awaitable[Any]]
"""How a connection is asked: for one value, or for rows."""
SPOILT = asyncpg.InternalClientError
"""What a connection raises where its server's last words and a statement crossed."""
LOST = (
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    ConnectionError,
    SPOILT,
)
"""What a connection raises whose server has gone."""
FAILED = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, SPOILT)
"""What is raised of a statement, or where no server is to be had."""
LONGEST = 8.0
"""Seconds that a statement may take, as statement_timeout has it."""
PREPARED = 200
"""Statements that a connection keeps prepared; one may take 240 KiB of the server's."""


class Postgres:
    """Connections of asyncpg, each as it was opened: read-only, without BEGIN."""

    def __init__(self, url: str, most: int, *, walled: bool = True) -> None:
        place = make_url(url).set(drivername="postgresql")
        self._url = place.render_as_string(hide_password=False)
        self._most = most
        self._walled = walled
        self._turns = asyncio.Semaphore(most)
        self._idle: list[asyncpg.Connection] = []
        self.busy = 0

    async def scalar(self, text: Text, values: Mapping[str, Any]) -> str:
        return await self._answered(asyncpg.Connection.fetchval, text, values)

    async def rows(self, text: Text, values: Mapping[str, Any]) -> list[Any]:
        return await self._answered(asyncpg.Connection.fetch, text, values)

    async def _answered(self, way: Way, text: Text, values: Mapping[str, Any]) -> Any:
        said, arguments = text.text, text.arguments(values)
        if self._walled:
            said = text.behind
            if not text.service:
                arguments.append(str(values.get("viewer") or ""))
        if self._turns.locked():
            await self._wait()
        else:
            await self._turns.acquire()
        self.busy += 1
        try:
            return await self._fetched(way, said, arguments)
        except FAILED as error:
            raise DBAPIError(said, None, error) from error
        finally:
            self.busy -= 1
            self._turns.release()

    async def close(self) -> None:
        """Close what there is, once nothing is being asked."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST):
                for _ in range(self._most):
                    await self._turns.acquire()
        while self._idle:
            await self._idle.pop().close()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._turns.acquire()
        except TimeoutError as error:
            raise PoolTimeoutError("no connection was free") from error

    async def _fetched(self, way: Way, text: str, arguments: list[Any]) -> Any:
        """What the statement gives; on a new connection, if the server was away."""
        if self._idle:
            connection = self._idle.pop()
            try:
                return await self._on(connection, way, text, arguments)
            except LOST:
                while self._idle:
                    self._idle.pop().terminate()
        return await self._on(await self._opened(), way, text, arguments)

    async def _on(
        self,
        connection: asyncpg.Connection,
        way: Way,
        text: str,
        arguments: list[Any],
    ) -> Any:
        try:
            return await way(connection, text, *arguments)
        finally:
            if not connection.is_closed():
                self._idle.append(connection)

    async def _opened(self) -> asyncpg.Connection:
        rest = {} if self._walled else walls.OPEN
        settings = {**NATIVE, **rest, "default_transaction_read_only": "on"}
        return await asyncpg.connect(
            self._url,
            server_settings=settings,
            statement_cache_size=PREPARED,
            timeout=10,
        )
