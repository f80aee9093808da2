"""The parts of tables that PostgreSQL keeps, a month each, made beforehand."""

from datetime import datetime

import sqlalchemy as sa

from db.base import utcnow
from resolvers.context import Context

OPENED = ("audit_log_open", "predictions_open")
"""Functions of the database that make a table's part for a month, if there is none."""
AHEAD = 3
"""Months that are there before they begin."""


async def prepare(context: Context) -> None:
    """Have a part for this month and for those ahead; what is there stays.

    A month whose rows came before its part goes on without one.
    """
    if context.database.dialect != "postgresql":
        return
    async with context.database.write.begin() as session:
        for month in months(utcnow()):
            value = sa.literal(month, sa.DateTime())
            for name in OPENED:
                await session.execute(sa.func.__getattr__(name)(value).select())


def months(now: datetime) -> list[datetime]:
    """When this month began, and when those ahead will: in UTC, without its mark."""
    count = now.year * 12 + now.month - 1
    return [
        datetime(one // 12, one % 12 + 1, 1)  # noqa: DTZ001  as the database takes it
        for one in range(count, count + AHEAD + 1)
    ]
