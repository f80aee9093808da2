"""What this server is made of, as far as it can tell."""

from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from resolvers.context import Context
from resolvers.errors import patient

VERSION = version("heliograph")


class Stored(NamedTuple):
    """What the data are stored in, and how much there is of them."""

    version: str
    bytes: int


async def stored(context: Context) -> Stored:
    """The version of the database, and the room that it takes."""
    with patient():
        async with context.read() as session:
            if context.database.dialect == "sqlite":
                found = await session.scalar(sa.func.sqlite_version())
                return Stored(str(found), _size(context.database.url))
            size = sa.func.pg_database_size(sa.func.current_database())
            found = await session.scalar(sa.func.current_setting("server_version"))
            return Stored(str(found), await session.scalar(size) or 0)


def _size(url: str) -> int:
    """Bytes of the file that a SQLite database is."""
    return Path(url.split("///", 1)[1]).stat().st_size
