"""Commits of PostgreSQL that go to the disk together.

Whoever commits holds the lock of the audit's chain until the commit is done, and would
hold it while the disk writes: one write after the other. So where several write at a
time, each commits without the disk, and then waits for a flush that is everybody's.
Nobody is answered before what they wrote is on the disk.
"""

import asyncio
from typing import Any

import asyncpg  # pyright: ignore[reportMissingTypeStubs]  it has none
from sqlalchemy.engine import URL

from db.drivers import NATIVE

APART = "SET LOCAL synchronous_commit = off; COMMIT"
"""A commit that does not wait for the disk."""
FLUSH = "SELECT pg_logical_emit_message(true, 'heliograph', '')"
"""The least that is written; its own commit flushes all that was committed before."""
LONGEST = 10
"""Seconds that a flush may take."""


class Flushes:
    """Flushes to the disk, of which one is under way and one more is to come.

    They have a connection of their own. If it is lost, so may be what was committed and
    not flushed: that is not known, and whoever waits is told so.
    """

    def __init__(self, url: URL) -> None:
        place = url.set(drivername="postgresql")
        self._url = place.render_as_string(hide_password=False)
        self._connection: asyncpg.Connection | None = None
        self._opening: asyncio.Task[None] | None = None
        self._under_way: asyncio.Task[None] | None = None
        self._to_come: asyncio.Task[None] | None = None

    def ready(self) -> asyncpg.Connection | None:
        """The connection; if there is none, one is opened for the next time.

        It has to be there before the commit: a later one may be to a server that has
        been restarted, which would flush what is left.
        """
        if self._connection is not None and not self._connection.is_closed():
            return self._connection
        if self._opening is None or self._opening.done():
            self._opening = _quietly(self._open())
        return None

    async def flushed(self, connection: asyncpg.Connection) -> None:
        """Wait until all that has been committed is on the disk.

        Raises what the driver does where that is not known.
        """
        if connection is not self._connection:
            raise asyncpg.InterfaceError("the connection to flush by was lost")
        if self._to_come is None:
            self._to_come = _quietly(self._flush(connection, self._under_way))
        await asyncio.shield(self._to_come)

    async def settled(self) -> None:
        """Wait until all that can be seen is on the disk, whoever committed it."""
        while (connection := self.ready()) is None:
            await asyncio.shield(self._opening or asyncio.sleep(0))
        await self.flushed(connection)

    async def close(self) -> None:
        """Let go of the connection, once nobody waits."""
        for task in (self._opening, self._to_come, self._under_way):
            if task is not None:
                await asyncio.wait([task])
        if self._connection is not None:
            await self._connection.close()

    async def _open(self) -> None:
        self._connection = await asyncpg.connect(
            self._url,
            server_settings=NATIVE,
            timeout=LONGEST,
            command_timeout=LONGEST,
        )

    async def _flush(
        self, connection: asyncpg.Connection, before: asyncio.Task[None] | None
    ) -> None:
        if before is not None:
            await asyncio.wait([before])
        self._under_way, self._to_come = self._to_come, None
        try:
            await connection.execute(FLUSH)
        except BaseException:
            connection.terminate()
            raise


def _quietly(work: Any) -> asyncio.Task[None]:
    """A task whose failure is nobody's who has gone."""
    task: asyncio.Task[None] = asyncio.ensure_future(work)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return task
