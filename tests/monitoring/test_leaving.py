"""Whoever sends a body may send it only for as long as they are let in."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest
import sqlalchemy as sa

from db.base import utcnow
from db.models import FileUpload, MonitorPoint, Session, User
from db.session import Database
from resolvers.access import BaseRole
from server import authentication
from tests.factories import ROLES
from tests.journeys import counted
from tests.monitoring.conftest import Machine
from tests.monitoring.test_streams import address, lines

ENDED = sa.update(Session).values(revoked_at=utcnow())
DEMOTED = sa.update(User).values(role_id=ROLES[BaseRole.VIEWER])


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's standing is remembered."""
    monkeypatch.setattr(authentication, "FRESH", 0)


@pytest.mark.parametrize(
    ("change", "code"), [(ENDED, "UNAUTHENTICATED"), (DEMOTED, "FORBIDDEN")]
)
async def test_a_stream_of_points_ends_when_its_sender_may_no_more(
    web: httpx.AsyncClient,
    machine: Machine,
    database: Database,
    change: sa.Update,
    code: str,
) -> None:
    first, second = machine.points("..")

    async def body() -> AsyncIterator[bytes]:
        yield lines(first)
        async with asyncio.timeout(5):
            while not await counted(database, MonitorPoint):  # noqa: ASYNC110  a table has no event for it
                await asyncio.sleep(0.05)
        async with database.write.begin() as session:
            await session.execute(change)
        yield lines(second)

    told = await web.post(address(machine), content=body())
    kept, late = map(json.loads, told.text.splitlines())
    assert kept["accepted"] == 1
    assert late["errors"][0]["extensions"]["code"] == code
    assert await counted(database, MonitorPoint) == 1


async def test_a_file_is_not_taken_from_who_has_left(
    web: httpx.AsyncClient, database: Database
) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"a,b\n"
        await asyncio.sleep(0.2)
        async with database.write.begin() as session:
            await session.execute(ENDED)
        yield b"1,2\n"

    told = await web.post("/upload?name=x.csv", content=body())
    assert told.status_code == 401
    assert told.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert await counted(database, FileUpload) == 0
