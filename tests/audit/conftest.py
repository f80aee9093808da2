"""The audit log, read and changed past everything that protects it."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from db.models import AuditEntry
from db.session import Database
from resolvers.access import SYSTEM, Actor, visible
from resolvers.audit import entries
from resolvers.audit.canonical import seal
from resolvers.audit.erasing import erase, forget
from resolvers.audit.stored import said
from resolvers.writes import Origin
from tests.conftest import As
from tests.factories import a_job

Chain = Callable[[], Awaitable[list[AuditEntry]]]
Tamper = Callable[..., Awaitable[None]]
Wrote = Callable[..., Awaitable[None]]
LENGTH = 8
MIDDLE = 4
BLANK = {"payload": {}}
FROM = Origin("a-request", "192.0.2.1", "a test")


@pytest.fixture
def chain(database: Database) -> Chain:
    """All entries, in order."""

    async def chain() -> list[AuditEntry]:
        rows = visible(SYSTEM, AuditEntry).order_by(AuditEntry.seq)
        async with database.read() as session:
            return list(await session.scalars(rows))

    return chain


@pytest.fixture
async def tamper(database: Database) -> Tamper:
    """Do what only whoever runs the database can."""

    async def tamper(*statements: Any) -> None:
        async with database.write.begin() as session:
            if database.dialect == "postgresql":
                off = ["SET LOCAL session_replication_role = replica"]
            else:
                off = [
                    f"DROP TRIGGER IF EXISTS {table}_{one}"
                    for table in ("audit_log", "audit_checkpoints")
                    for one in ("UPDATE", "DELETE")
                ]
            for text in off:
                await session.execute(sa.text(text))
            for statement in statements:
                await session.execute(statement)

    return tamper


@pytest.fixture
async def written(as_: As, analyst: Actor, chain: Chain) -> list[AuditEntry]:
    """A chain with something in every column."""
    for place in range(LENGTH):
        async with as_().transaction() as write:
            write.origin = FROM
            job = await write.add(a_job(analyst, progress=place / LENGTH))
            await entries.append(write, "jobMake", job)
    return await chain()


@pytest.fixture
def wrote(as_: As) -> Wrote:
    """So many entries with a word in them, by somebody."""

    async def wrote(count: int = 1, actor: Actor | None = None) -> None:
        for _ in range(count):
            async with (as_(actor) if actor else as_()).transaction() as write:
                write.changes["x"] = {"note": "personal"}
                await entries.append(write, "jobCancel")

    return wrote


async def purge(as_: As, whose: UUID | None) -> None:
    """Erase what the log says of somebody, or of something."""
    assert whose
    async with as_(SYSTEM).transaction() as write:
        await erase(write, whose, "userPurge")
        await forget(write)
        await entries.append(write, "userPurge")


def one(seq: int = MIDDLE) -> Any:
    return AuditEntry.seq == seq


def copied(entry: AuditEntry) -> dict[str, Any]:
    """What an entry says, under another id."""
    names = (column.key for column in sa.inspect(AuditEntry).columns)
    return {name: getattr(entry, name) for name in names} | {"id": uuid7()}


def sealed(entry: AuditEntry) -> str:
    """The signature that is right for an entry as it is now."""
    told = said(entry)
    assert told
    return seal(told)
