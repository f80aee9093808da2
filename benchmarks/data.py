"""Databases to measure on, filled by the fastest way there is, and kept meanwhile."""

import asyncio
import hashlib
import sqlite3
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg  # pyright: ignore[reportMissingTypeStubs]  it has none
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import make_url
from sqlalchemy.schema import CreateIndex, DropIndex

from benchmarks import rows, servers, world
from benchmarks.rows import ROWS, Row
from benchmarks.world import Size, World
from db import migrating
from resolvers.passwords import Passwords
from tests import instances

PASSWORD = "engines weave algebra"  # noqa: S105  nobody's
DATABASES = ("sqlite", "postgresql")
Table = Any
"""A model's table: the same type as any other's, as far as SQLAlchemy tells."""


@contextmanager
def populated(database: str, kept: Path, size: Size) -> Generator[str]:
    """The URL of a filled database. It is filled once for each size in a folder."""
    sources = [
        Path(__file__),
        *(Path(str(one.__file__)) for one in (rows, world)),
        *sorted(migrating.FOLDER.rglob("*.py")),
    ]
    made_of = hashlib.sha256(b"".join(one.read_bytes() for one in sources))
    name = f"{size.owners}-{size.datasets}-{made_of.hexdigest()[:8]}"
    kept.mkdir(parents=True, exist_ok=True)
    kept.chmod(0o755)  # PostgreSQL may run as another user
    done = kept / f"{name}-{database}.done"
    if database == "sqlite":
        url = f"sqlite+aiosqlite:///{kept / name}.db"
        _fill(done, url, size)
        yield url
    else:
        with servers.postgresql(kept / name) as url:
            _fill(done, url, size)
            yield url


def _fill(done: Path, url: str, size: Size) -> None:
    if not done.exists():
        asyncio.run(filled(url, size))
        done.touch()


async def filled(url: str, size: Size) -> None:
    """Bring the tables of an empty database forward, and fill them."""
    passwords = Passwords(servers.PEPPER.encode())
    world = World(size, await passwords.hashed(PASSWORD))
    passwords.close()
    await migrating.upgrade(url)
    if url.startswith("sqlite"):
        await asyncio.to_thread(_fill_sqlite, url.partition("///")[2], world)
    else:
        await _fill_postgresql(url, world)


def _fill_sqlite(file: str, world: World) -> None:
    """Insert without indexes, which are made afterwards, and whatever a crash does."""
    dialect = SQLiteDialect_pysqlite()
    connection = sqlite3.connect(file, isolation_level=None)
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -200000"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("BEGIN")
    for model, made in ROWS.items():
        table: Table = model.__table__
        for index in table.indexes:
            connection.execute(str(DropIndex(index).compile(dialect=dialect)))
        insert = str(sa.insert(table).compile(dialect=dialect))
        connection.executemany(insert, _values(table, made(world), dialect))
        for index in table.indexes:
            connection.execute(str(CreateIndex(index).compile(dialect=dialect)))
    connection.execute("COMMIT")
    connection.execute("ANALYZE")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()


async def _fill_postgresql(url: str, world: World) -> None:
    """COPY, without indexes and without asking whether each row has its parents."""
    dialect: Any = PGDialect_asyncpg()
    place = make_url(instances.above(url)).set(drivername="postgresql")
    connection = await asyncpg.connect(place.render_as_string(hide_password=False))
    await connection.execute("SET session_replication_role = replica")
    await connection.execute("SET maintenance_work_mem = '256MB'")
    for model, made in ROWS.items():
        table: Table = model.__table__
        for index in table.indexes:
            await connection.execute(str(DropIndex(index).compile(dialect=dialect)))
        await connection.copy_records_to_table(
            table.name,
            records=_values(table, made(world), dialect),
            columns=[column.name for column in table.columns],
        )
        for index in table.indexes:
            await connection.execute(str(CreateIndex(index).compile(dialect=dialect)))
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


def _values(
    table: Table, given: Iterable[Row], dialect: Any
) -> Generator[tuple[Any, ...]]:
    """Rows with all their columns in order, as the driver takes them."""
    columns = [
        (column.key, _usual(column), _spoken(column, dialect))
        for column in table.columns
    ]
    for row in given:
        row.setdefault("updated_at", row["created_at"])
        yield tuple(speak(row.get(key, usual)) for key, usual, speak in columns)


def _usual(column: Any) -> Any:
    """What a column holds that nothing is said of."""
    if column.default is None:
        return None
    return column.default.arg if column.default.is_scalar else column.default.arg(None)


def _spoken(column: Any, dialect: Any) -> Callable[[Any], Any]:
    """From a value to what the driver takes for it."""
    speak = column.type.dialect_impl(dialect).bind_processor(dialect)
    return speak or (lambda value: value)
