"""SQLite's way for single statements that give one text: brief ones in the loop."""

import asyncio
import sqlite3
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import local
from typing import Any

from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from db.drivers import prepare
from db.texts import Text

BRIEF = 0.002
"""Seconds of processor that a statement may take in the loop; others are run beside."""
LONGEST = 8.0
"""Seconds that one may take at all, as PostgreSQL's statement_timeout has it."""
STEPS = 1_000
"""Instructions of SQLite between two looks at the clock."""
KEPT = 200
"""Statements that a connection keeps prepared."""
REMEMBERED = 60.0
"""Seconds for which a statement that took long is taken for one that does."""


class Sqlite:
    """What is brief is run in the loop; what is not, on a thread.

    To hand a statement over to a thread costs more than most of them take.
    """

    def __init__(self, url: str, most: int) -> None:
        self._path = make_url(url).database or ":memory:"
        self._here: Reader | None = None
        self._threads = ThreadPoolExecutor(most, "sqlite")
        self._readers = local()
        self._opened: list[Reader] = []
        self.busy = 0

    async def scalar(self, text: Text, values: Mapping[str, Any]) -> str:
        [[found]] = await self.rows(text, values)
        return found

    async def rows(self, text: Text, values: Mapping[str, Any]) -> list[Any]:
        arguments = text.arguments(values)
        try:
            if (now := time.monotonic()) > text.slow_until:
                if self._here is None:
                    self._here = self._reader("PRAGMA busy_timeout = 0")
                try:
                    return self._here.fetched(text.text, arguments, BRIEF)
                except sqlite3.OperationalError as error:
                    if not passing(error):
                        raise
                    text.slow_until = now + REMEMBERED
            return await self._beside(text.text, arguments)
        except sqlite3.Error as error:
            raise OperationalError(text.text, None, error) from error

    async def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)
        while self._opened:
            self._opened.pop().close()
        self._here = None

    async def _beside(self, text: str, arguments: list[Any]) -> list[Any]:
        loop = asyncio.get_running_loop()
        self.busy += 1
        try:
            return await loop.run_in_executor(
                self._threads, self._aside, text, arguments
            )
        finally:
            self.busy -= 1

    def _aside(self, text: str, arguments: list[Any]) -> list[Any]:
        if not hasattr(self._readers, "own"):
            self._readers.own = self._reader()
        return self._readers.own.fetched(text, arguments, LONGEST)

    def _reader(self, *pragmas: str) -> "Reader":
        reader = Reader(self._path, *pragmas)
        self._opened.append(reader)
        return reader


class Reader:
    """A connection that can only read, and that stops when its time is up."""

    def __init__(self, path: str, *pragmas: str) -> None:
        self._connection = sqlite3.connect(
            path, check_same_thread=False, cached_statements=KEPT
        )
        prepare(self._connection, "PRAGMA query_only = ON", *pragmas)
        self._until = 0.0
        self._connection.set_progress_handler(self._late, STEPS)

    def fetched(self, text: str, arguments: list[Any], seconds: float) -> list[Any]:
        """All rows. Raises sqlite3.OperationalError when it takes longer."""
        self._until = time.thread_time() + seconds
        return self._connection.execute(text, arguments).fetchall()

    def close(self) -> None:
        self._connection.close()

    def _late(self) -> bool:
        return time.thread_time() > self._until


def passing(error: sqlite3.OperationalError) -> bool:
    """Whether the statement may do where there is more time."""
    return error.sqlite_errorcode in {sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_BUSY}
