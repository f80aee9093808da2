"""What PostgreSQL is told of the rows, so that it finds the best plan for each peer.

It takes the owner and the parent of a row for independent, and expects of a parent's
rows few to be the owner's; so it would look up all that the owner has, and sort.
"""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager

import asyncpg  # pyright: ignore[reportMissingTypeStubs]  it has none
from sqlalchemy.engine import make_url

PARENTS = {
    "anomalies": "dataset_id",
    "dinsight_data": "dataset_version_id",
    "analyses": "dinsight_id",
    "alerts": "analysis_id",
}


@contextmanager
def informed(url: str) -> Generator[None]:
    """Have it known meanwhile that the rows of a parent are of one owner."""
    tell = [
        f"CREATE STATISTICS owner_of_{table} (dependencies)"
        f" ON owner_id, {parent} FROM {table}"
        for table, parent in PARENTS.items()
    ]
    asyncio.run(_said(url, *tell, f"ANALYZE {', '.join(PARENTS)}"))
    yield
    asyncio.run(_said(url, *(f"DROP STATISTICS owner_of_{table}" for table in PARENTS)))


async def _said(url: str, *statements: str) -> None:
    plain = make_url(url).set(drivername="postgresql")
    connection = await asyncpg.connect(plain.render_as_string(hide_password=False))
    for statement in statements:
        await connection.execute(statement)
    await connection.close()
