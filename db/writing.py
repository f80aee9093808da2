"""Writes: statements made once go straight to the driver, any other by a session."""

import asyncio
import sqlite3
import time
from abc import ABC, abstractmethod
from collections.abc import (
    AsyncGenerator,
    Callable,
    Generator,
    Hashable,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import asyncpg  # pyright: ignore[reportMissingTypeStubs]  it has none
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
from sqlalchemy.util.concurrency import greenlet_spawn

from db import rows, walls
from db.base import Base
from db.flushing import APART, Flushes
from db.texts import Text
from db.walls import SERVICE, Seer

BROKEN = (
    asyncpg.IntegrityConstraintViolationError,
    sqlite3.IntegrityError,
)
"""What a driver raises where a constraint is broken."""
SPOILT = asyncpg.InternalClientError
"""What a driver raises where a server's last words and a statement have crossed."""
FAILED = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    OSError,
    SPOILT,
    sqlite3.Error,
)
"""What a driver raises at all."""
PATIENCE = 5.0
"""Seconds to wait for another process that writes to the same file."""
PAUSE = 0.001
"""Seconds between two tries to have its lock."""


class Made:
    """A statement's text, and how what it gives is read."""

    def __init__(self, statement: Any, dialect: Any) -> None:
        self.text = Text(statement, dialect)
        columns = statement.exported_columns
        self._readers = [rows.reader(column.type, dialect) for column in columns]

    def read(self, found: Sequence[Any]) -> list[list[Any]]:
        return [
            [
                read(value) if read else value
                for read, value in zip(self._readers, row, strict=True)
            ]
            for row in found
        ]


class Writing(ABC):
    """A transaction that has begun, on a connection of its own."""

    def __init__(self, writers: "Writers", held: Any) -> None:
        self._writers, self._held = writers, held
        self._session: AsyncSession | None = None
        self._spoilt = False

    @property
    def dialect(self) -> str:
        return self._writers.engine.dialect.name

    @property
    def opened(self) -> bool:
        """Whether somebody has asked for the session."""
        return self._session is not None

    @property
    def session(self) -> AsyncSession:
        """A session in this transaction. To make and to use one takes a while."""
        if self._session is None:
            engine = self._writers.engine
            begun = Connection(engine.sync_engine, connection=self._held)
            self._session = AsyncSession(
                AsyncConnection(engine, begun), expire_on_commit=False
            )
        return self._session

    async def rows(
        self, key: Hashable, make: Callable[[], Any], values: Mapping[str, Any]
    ) -> list[Any]:
        """What a statement gives that is made once, and from then on has this key.

        It should be a brief one: in SQLite it is run in the loop.
        """
        made = self._writers.made(key, make)
        with self._told(made.text.text):
            found = await self._fetched(made.text.text, made.text.arguments(values))
        return made.read(found)

    async def store(self, row: Base) -> None:
        """Insert a row, which is complete then."""
        model = type(row)
        values = rows.completed(row)
        await self.rows(("insert", model), lambda: rows.inserting(model), values)
        rows.stored(row)

    async def fill(self, model: type[Base], given: Sequence[Mapping[str, Any]]) -> None:
        """Insert many rows, which may leave out what each has of itself."""
        key, make = ("insert", model), lambda: rows.inserting(model)
        text = self._writers.made(key, make).text
        several = [text.arguments(rows.complete(model, one)) for one in given]
        with self._told(text.text):
            await self._filled(model.__table__, text.text, several)

    async def commit(self) -> None:
        with self._told("COMMIT"):
            await greenlet_spawn(self._held.dbapi_connection.commit)

    async def undo(self) -> None:
        """Roll back, and leave the connection to others."""
        if not self._gone():
            with suppress(*self._writers.errors):
                await greenlet_spawn(self._held.dbapi_connection.rollback)
        await self.release()

    async def abandon(self) -> None:
        """Undo it in the middle of a statement, of which nobody awaits the end."""
        await self.undo()

    async def release(self) -> None:
        """Leave the connection to others."""
        if self._session is not None:
            await self._session.close()
        if self._held.is_valid:
            leave = self._held.invalidate if self._gone() else self._held.close
            await greenlet_spawn(leave)

    @abstractmethod
    async def begin(self, seer: Seer) -> None:
        """Begin the transaction that this is, for somebody."""

    @abstractmethod
    async def serve(self) -> None:
        """Be shown everything from here on, as the server itself is."""

    @abstractmethod
    async def _fetched(self, text: str, arguments: list[Any]) -> list[Any]: ...

    @abstractmethod
    async def _filled(
        self, table: Any, text: str, several: list[list[Any]]
    ) -> None: ...

    @contextmanager
    def _told(self, text: str) -> Generator[None]:
        """Say what a driver raises in SQLAlchemy's words."""
        try:
            yield
        except self._writers.errors as error:
            self._spoilt = isinstance(error, SPOILT)
            kind = IntegrityError if isinstance(error, BROKEN) else DBAPIError
            raise kind(
                text, None, error, connection_invalidated=self._gone()
            ) from error

    def _gone(self) -> bool:
        """Whether the connection is of no more use; a cancelled session gives it up."""
        return self._spoilt or not self._held.is_valid


class Native(Writing):
    """In PostgreSQL."""

    async def begin(self, seer: Seer) -> None:
        with self._told("BEGIN"):
            await walls.begin(self._held.dbapi_connection, seer)

    async def commit(self) -> None:
        """Let go of all locks, and then wait for the disk together with others."""
        flushes = self._writers.flushes
        flush_by = None if self._writers.begun == 1 else flushes.ready()
        if flush_by is None:
            await super().commit()
            return
        self._held.dbapi_connection._transaction.end = APART  # noqa: SLF001  as walls.begin has it
        await super().commit()
        await self.release()
        with self._told(APART):
            await flushes.flushed(flush_by)

    async def serve(self) -> None:
        with self._told(walls.told(SERVICE)):
            await self._held.driver_connection.execute(walls.told(SERVICE))

    async def abandon(self) -> None:
        """Close the connection: whether BEGIN has reached the server is not known."""
        if self._held.is_valid:
            await greenlet_spawn(self._held.invalidate)
        await self.release()

    async def _fetched(self, text: str, arguments: list[Any]) -> list[Any]:
        return await self._held.driver_connection.fetch(text, *arguments)

    async def _filled(self, table: Any, text: str, several: list[list[Any]]) -> None:
        await self._held.driver_connection.executemany(text, several)

    def _gone(self) -> bool:
        return super()._gone() or self._held.driver_connection.is_closed()


class Lite(Writing):
    """In SQLite."""

    async def begin(self, seer: Seer) -> None:
        """Take the lock, or wait for another process to let it go."""
        until = time.monotonic() + PATIENCE
        while not self._begun():
            if time.monotonic() > until:
                raise sqlite3.OperationalError("database is locked")
            await asyncio.sleep(PAUSE)

    async def serve(self) -> None:
        """Nothing is hidden here but by what is asked."""

    def _begun(self) -> bool:
        self._connection.execute("PRAGMA busy_timeout = 0")
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            return False
        finally:
            self._connection.execute("PRAGMA busy_timeout = 5000")
        return True

    async def _fetched(self, text: str, arguments: list[Any]) -> list[Any]:
        return self._connection.execute(text, arguments).fetchall()

    @property
    def _connection(self) -> sqlite3.Connection:
        return self._held.driver_connection._conn  # noqa: SLF001  a thread takes longer than the statement

    async def _filled(self, table: Any, text: str, several: list[list[Any]]) -> None:
        await self._held.driver_connection.executemany(text, several)


class Writers:
    """The connections that are written on, and the statements made for them."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._made: dict[Hashable, Made] = {}
        self._kind = Lite if engine.dialect.name == "sqlite" else Native
        self.begun = 0
        """How many transactions have begun and not ended."""
        self.flushes = Flushes(engine.url)

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """What a connection of this engine raises."""
        dbapi: Any = self.engine.dialect.dbapi
        return (*FAILED, dbapi.Error)

    def made(self, key: Hashable, make: Callable[[], Any]) -> Made:
        """A statement, made when it is first wanted."""
        if key not in self._made:
            self._made[key] = Made(make(), self.engine.dialect)
        return self._made[key]

    @asynccontextmanager
    async def begin(self, seer: Seer) -> AsyncGenerator[Writing]:
        """A transaction for somebody. It is rolled back unless it was committed."""
        writing = self._kind(self, await self.engine.raw_connection())
        self.begun += 1
        try:
            await writing.begin(seer)
            yield writing
        except Exception:
            await asyncio.shield(writing.undo())  # also when whoever waited has gone
            raise
        except BaseException:
            await asyncio.shield(writing.abandon())
            raise
        finally:
            self.begun -= 1
        await writing.release()
