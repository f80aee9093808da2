"""From what varies in a request to a statement and its parameters, on each database."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from threading import local
from typing import Any
from uuid import UUID

import asyncpg  # pyright: ignore[reportMissingTypeStubs]  it has none
import orjson
from sqlalchemy.engine import make_url

from benchmarks.by_hand import postgresql, sqlite
from tests.instances import above

Given = Mapping[str, Any]
Answer = Callable[[str, Given], Awaitable[str]]
READERS = 10
"""Connections, as the product has them."""
LONG = {"Q4", "Q5"}
"""What SQLite is asked on a thread; to hand over the others costs more than they do."""


class Connection(asyncpg.Connection):  # pyright: ignore[reportMissingTypeArgument]  it takes none when it runs
    """One that only reads, so that there is nothing to reset."""

    async def reset(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109  asyncpg's
        pass


def answering(url: str) -> AbstractAsyncContextManager[Answer]:
    """Answers from the database at a URL of ours."""
    place = make_url(url)
    if place.drivername.startswith("sqlite"):
        return _of_sqlite(place.database or "")
    plain = make_url(above(url)).set(drivername="postgresql")
    return _of_postgresql(plain.render_as_string(hide_password=False))


@asynccontextmanager
async def _of_postgresql(url: str) -> AsyncGenerator[Answer]:
    texts = _texts(postgresql.WHOLE)
    async with asyncpg.create_pool(
        url,
        min_size=READERS,
        max_size=READERS,
        connection_class=Connection,
        server_settings={"jit": "off", "default_transaction_read_only": "on"},
    ) as pool:

        async def answer(query: str, given: Given) -> str:
            values = [_native(one) for one in parameters(given)]
            return await pool.fetchval(texts[query, bool(given.get("after"))], *values)

        yield answer


@asynccontextmanager
async def _of_sqlite(file: str) -> AsyncGenerator[Answer]:
    texts, mine, opened = _texts(sqlite.WHOLE), local(), list[sqlite3.Connection]()

    def here(text: str, values: list[Any]) -> str:
        if not hasattr(mine, "connection"):
            mine.connection = connected(file)
            opened.append(mine.connection)
        return mine.connection.execute(text, values).fetchone()[0]

    with ThreadPoolExecutor(READERS) as threads:

        async def answer(query: str, given: Given) -> str:
            text, values = texts[query, bool(given.get("after"))], parameters(given)
            if query not in LONG:
                return here(text, values)
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(threads, here, text, values)

        yield answer
    for connection in opened:
        connection.close()


def connected(file: str) -> sqlite3.Connection:
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    connection.create_function("json_real", 1, repr, deterministic=True)
    connection.execute("PRAGMA query_only = ON")
    return connection


def parameters(given: Given) -> list[Any]:
    """The owner and what varies: ids without their type, and what a cursor says."""
    values = [given["owner"]]
    if id_ := given.get("id"):
        values.append(id_.rpartition("_")[2])
    if severity := given.get("severity"):
        values.append(severity.lower())
    if after := given.get("after"):
        place = after.rpartition("-")[2]
        several = len(place) > 32
        values += orjson.loads(bytes.fromhex(place)) if several else [place]
    return values


def _native(value: Any) -> Any:
    return UUID(value) if isinstance(value, str) and len(value) == 32 else value


def _texts(whole: Mapping[str, tuple[str, str]]) -> dict[tuple[str, bool], str]:
    """Each statement, for the first page and for a later one."""
    texts: dict[tuple[str, bool], str] = {}
    for query, (text, rest) in whole.items():
        texts[query, False] = text.format(after="", later="false")
        texts[query, True] = text.format(after=rest, later="true")
    return texts
