"""Sessions: kept alive, ended, and ended for whoever stole them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from db.base import utcnow
from db.models import RefreshToken, Role, Session, User
from db.session import Database
from resolvers.access import SYSTEM, visible
from resolvers.errors import Unauthenticated
from resolvers.identity.accounts import ROLES
from resolvers.access import BaseRole
from server.authentication import Authentication
from tests.identity.conftest import EMAIL, LOGOUT, VIEWER, Change, Client, Log

SESSIONS = """{ viewer { sessions(filter: {revokedAt: {isNull: true}}) {
  nodes { isCurrent expiresAt }
} } }"""


@pytest.fixture
async def ada(client: Client) -> AsyncIterator[Client]:
    """Somebody who has signed up, while the server hears of changes."""
    await client.sign_up()
    async with client.authentication.running():
        yield client


async def tokens_in(database: Database) -> list[RefreshToken]:
    async with database.read() as session:
        return [*await session.scalars(visible(SYSTEM, RefreshToken))]


async def test_a_refresh_gives_new_tokens_that_go_on(ada: Client) -> None:
    first = ada.refresh_token
    for _ in range(3):
        assert (await ada.refresh()).payload["userErrors"] == []
        assert (await ada.ask(VIEWER)).payload == {"email": EMAIL}
    assert ada.refresh_token != first
    assert len((await ada.ask(SESSIONS)).payload["sessions"]["nodes"]) == 1


async def test_two_windows_that_refresh_at_once_both_go_on(ada: Client) -> None:
    shown = ada.refresh_token
    one, other = ada.another(), ada.another()
    async with asyncio.timeout(30):
        await asyncio.gather(one.refresh(shown), other.refresh(shown))
    assert one.refresh_token == other.refresh_token != shown
    for window in (one, other):
        assert (await window.ask(VIEWER)).payload == {"email": EMAIL}


async def test_of_fifty_parallel_refreshes_comes_one_child(
    ada: Client, database: Database, log: Log
) -> None:
    shown = ada.refresh_token
    async with asyncio.timeout(60):
        answers = await asyncio.gather(
            *(ada.another().refresh(shown) for _ in range(50))
        )
    children = {answer.payload["tokens"]["refreshToken"] for answer in answers}
    assert len(children) == 1
    kept = await tokens_in(database)
    assert len(kept) == 2
    assert sum(one.used_at is None for one in kept) == 1
    assert [one.action for one in await log.read()] == ["tokenRefresh"] * 50


async def test_a_token_shown_again_later_ends_the_session(
    ada: Client, change: Change, log: Log
) -> None:
    stolen = ada.refresh_token
    await ada.refresh()
    await log.read()
    await change(RefreshToken, used_at=utcnow() - timedelta(seconds=11))
    await change_back(ada, change)

    assert (await ada.another().refresh(stolen)).codes == ["UNAUTHENTICATED"]

    [entry] = await log.read()
    assert (entry.action, entry.entity) == ("refreshReuse", "Session")
    with pytest.raises(Unauthenticated):
        await ada.ask(VIEWER)
    assert (await ada.another().refresh(ada.refresh_token)).codes == ["UNAUTHENTICATED"]
    assert await log.read() == []


async def change_back(ada: Client, change: Change) -> None:
    """The youngest token is unused again, as it was."""


async def test_a_token_whose_successor_was_used_ends_the_session(
    ada: Client, log: Log
) -> None:
    stolen = ada.refresh_token
    await ada.refresh()
    await ada.refresh()
    await log.read()
    async with asyncio.timeout(30):
        answers = await asyncio.gather(
            *(ada.another().refresh(stolen) for _ in range(5))
        )
    assert [answer.codes for answer in answers] == [["UNAUTHENTICATED"]] * 5
    assert [one.action for one in await log.read()] == ["refreshReuse"]
