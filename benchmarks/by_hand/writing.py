"""One insert by hand, without audit: `python -m benchmarks.by_hand.writing`, with PORT.

A transaction reads the parent and inserts the row, as anyone would on the driver.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import aiosqlite
import asyncpg  # pyright: ignore[reportMissingTypeStubs]  it has none
import orjson
from sqlalchemy.engine import make_url
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from uuid_utils.compat import uuid7

from benchmarks.by_hand.serving import serve
from tests.instances import above

Insert = Callable[[dict[str, Any]], Awaitable[tuple[Any, Any]]]
PARENT = "SELECT id, name, status FROM datasets WHERE id = $1 AND owner_id = $2"
ROW = """INSERT INTO alert_rules (id, owner_id, dataset_id, name, severity, condition,
  is_active, created_by, states, version)
  VALUES ($1, $2, $3, $4, $5, $6, true, $2, '{}', 1)
  RETURNING id, name, severity, created_at, is_active"""


async def of_postgresql(url: str) -> Insert:
    pool = await asyncpg.create_pool(above(url), min_size=10, max_size=10)

    async def insert(given: dict[str, Any]) -> tuple[Any, Any]:
        dataset, owner = UUID(given["dataset"]), UUID(given["owner"])
        said = (given["name"], given["severity"], orjson.dumps(given["condition"]))
        async with pool.acquire() as connection, connection.transaction():
            parent = await connection.fetchrow(PARENT, dataset, owner)
            named = (uuid7(), owner, dataset, *said[:2], said[2].decode())
            return await connection.fetchrow(ROW, *named), parent

    return insert


async def of_sqlite(file: str) -> Insert:
    connection, turn = (
        await aiosqlite.connect(file, isolation_level=None),
        asyncio.Lock(),
    )
    for said in ("foreign_keys = ON", "synchronous = FULL", "busy_timeout = 5000"):
        await connection.execute(f"PRAGMA {said}")
    parents, rows = (text.replace("$", "?") for text in (PARENT, ROW))

    async def one(text: str, *values: Any) -> Any:
        async with connection.execute(text, values) as cursor:
            return await cursor.fetchone()

    async def insert(given: dict[str, Any]) -> tuple[Any, Any]:
        said = (given["name"], given["severity"], orjson.dumps(given["condition"]))
        owner, dataset = given["owner"], given["dataset"]
        async with turn:
            await connection.execute("BEGIN IMMEDIATE")
            parent = await one(parents, dataset, owner)
            named = (uuid7().hex, owner, dataset, *said[:2], said[2].decode())
            row = await one(rows, *named)
            await connection.commit()
        return row, parent

    return insert


def app(database: str) -> Starlette:
    url = make_url(database)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncGenerator[None]:
        if url.drivername.startswith("sqlite"):
            app.state.insert = await of_sqlite(url.database or "")
        else:
            plain = url.set(drivername="postgresql")
            place = plain.render_as_string(hide_password=False)
            app.state.insert = await of_postgresql(place)
        yield

    async def answer(request: Request) -> Response:
        row, parent = await request.app.state.insert(orjson.loads(await request.body()))
        names = ("id", "name", "severity", "createdAt", "isActive")
        said: dict[str, Any] = dict(zip(names, row, strict=True))
        said["dataset"] = dict(zip(("id", "name", "status"), parent, strict=True))
        return Response(orjson.dumps(said, default=str), media_type="application/json")

    return Starlette(routes=[Route("/", answer, methods=["POST"])], lifespan=lifespan)


if __name__ == "__main__":
    serve(app(os.environ["DATABASE"]))
