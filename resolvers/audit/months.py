"""The parts of the audit log that PostgreSQL keeps, a month each, made beforehand."""

from datetime import datetime

import sqlalchemy as sa

from db.base import utcnow
from resolvers.context import Context

AHEAD = 3
"""Months that are there before they begin."""


async def prepare(context: Context) -> None:
    """Have a part for this month and for those ahead; what is there stays.

    A month whose entries came before its part goes on without one.
    """
    if context.database.dialect != "postgresql":
        return
    open_ = sa.text("SELECT audit_log_open(:month)")
    open_ = open_.bindparams(sa.bindparam("month", type_=sa.DateTime()))
    async with context.database.write.begin() as session:
        for month in months(utcnow()):
            await session.execute(open_, {"month": month})


def months(now: datetime) -> list[datetime]:
    """When this month began, and when those ahead will: in UTC, without its mark."""
    count = now.year * 12 + now.month - 1
    return [
        datetime(one // 12, one % 12 + 1, 1)  # noqa: DTZ001  as the database takes it
        for one in range(count, count + AHEAD + 1)
    ]
