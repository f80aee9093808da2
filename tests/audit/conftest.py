"""The audit log, read past everything that protects it."""

from collections.abc import Awaitable, Callable

import pytest

from db.models import AuditEntry
from db.session import Database
from resolvers.access import SYSTEM, visible

Chain = Callable[[], Awaitable[list[AuditEntry]]]


@pytest.fixture
def chain(database: Database) -> Chain:
    """All entries, in order."""

    async def chain() -> list[AuditEntry]:
        rows = visible(SYSTEM, AuditEntry).order_by(AuditEntry.seq)
        async with database.read() as session:
            return list(await session.scalars(rows))

    return chain
