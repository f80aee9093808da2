"""The history of the tables: forwards, backwards, and whether it is complete."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import create_async_engine

from db import walls

FOLDER = Path(__file__).parent.parent / "migrations"


async def run(url: str, work: Callable[[Config], None]) -> None:
    """Give Alembic a connection to a database, and commit what it does."""
    lite = url.startswith("sqlite")
    settings = {} if lite else {"server_settings": walls.OPEN}
    engine = create_async_engine(url, connect_args=settings)
    if lite:
        _transactional(engine.sync_engine)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(lambda given: work(_config(given)))
    finally:
        await engine.dispose()


async def upgrade(url: str, to: str = "head") -> None:
    """Bring the tables forward, all of the way or not at all."""
    await run(url, lambda config: command.upgrade(config, to))


async def downgrade(url: str, to: str) -> None:
    """Take the tables back. What later revisions added is lost with its data."""
    await run(url, lambda config: command.downgrade(config, to))


async def pending(url: str) -> list[str]:
    """The revisions that the database has not seen yet, oldest first."""
    found: list[str] = []

    def look(config: Config) -> None:
        connection: Connection = config.attributes["connection"]
        current = MigrationContext.configure(connection).get_current_revision()
        script = ScriptDirectory.from_config(config)
        ahead = script.iterate_revisions("head", current or "base")
        found.extend(one.revision for one in ahead)

    await run(url, look)
    return found[::-1]


async def draft(url: str, message: str) -> None:
    """Write the next revision, as the models differ from the tables."""
    number = f"{int(head() or 0) + 1:04d}"

    def write(config: Config) -> None:
        config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
        command.revision(config, message, autogenerate=True, rev_id=number)

    await run(url, write)


def head() -> str | None:
    """The revision that this version of the server works with."""
    return ScriptDirectory(str(FOLDER)).get_current_head()


def _config(connection: Connection) -> Config:
    config = Config(stdout=sys.stdout)
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


def _transactional(engine: Any) -> None:
    """Let a change of SQLite's tables be undone, as the driver's default does not."""

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _: Any) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
