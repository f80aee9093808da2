"""Sessions: kept alive, ended, and ended for whoever stole them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from db import faultpoints
from db.base import utcnow
from db.models import RefreshToken, Session
from db.session import Database
from resolvers.access import SYSTEM, visible
from resolvers.errors import Unauthenticated
from tests.identity.conftest import EMAIL, LOGOUT, VIEWER, Change, Client, Log

SESSIONS = """{ viewer { sessions(filter: {revokedAt: {isNull: true}}) {
  nodes { isCurrent expiresAt }
} } }"""


@pytest.fixture
async def ada(client: Client, log: Log) -> AsyncIterator[Client]:
    """Somebody who has signed up, while the server hears of changes."""
    await client.sign_up()
    assert [one.action for one in await log.read()] == ["signUp"]
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


async def test_a_refresh_whose_answer_is_lost_may_be_repeated(ada: Client) -> None:
    shown = ada.refresh_token
    faultpoints.arm("refresh.after_rotate:raise:1")
    try:
        assert (await ada.refresh()).codes == ["INTERNAL"]
        assert (await ada.refresh(shown)).payload["userErrors"] == []
    finally:
        faultpoints.arm("")
    assert (await ada.refresh()).payload["userErrors"] == []


async def test_of_fifty_parallel_refreshes_comes_one_child(
    ada: Client, database: Database, log: Log
) -> None:
    shown = ada.refresh_token

    async def child() -> str:
        window = ada.another()
        while (await window.refresh(shown)).codes == ["SERVER_BUSY"]:
            pass  # as many at once may be too many for PostgreSQL's connections
        return window.refresh_token

    async with asyncio.timeout(60):
        children = await asyncio.gather(*(child() for _ in range(50)))

    assert len({shown, *children}) == 2
    kept = await tokens_in(database)
    assert [one.used_at is None for one in kept].count(True) == 1
    assert len(kept) == 2
    assert [one.action for one in await log.read()] == ["tokenRefresh"] * 50


async def test_a_token_shown_again_later_ends_the_session(
    ada: Client, change: Change, log: Log
) -> None:
    stolen = ada.refresh_token
    await ada.refresh()
    await log.read()
    spent, long_ago = RefreshToken.used_at.is_not(None), timedelta(seconds=11)
    await change(RefreshToken, spent, used_at=utcnow() - long_ago)

    assert (await ada.another().refresh(stolen)).codes == ["UNAUTHENTICATED"]

    [entry] = await log.read()
    assert (entry.action, entry.entity) == ("refreshReuse", "Session")
    with pytest.raises(Unauthenticated):
        await ada.ask(VIEWER)
    assert (await ada.refresh()).codes == ["UNAUTHENTICATED"]
    assert await log.read() == []  # a session ends once


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


@pytest.mark.parametrize("end", [RefreshToken, Session])
async def test_a_session_that_is_not_kept_alive_ends_without_alarm(
    ada: Client, change: Change, log: Log, end: type[RefreshToken | Session]
) -> None:
    await change(end, expires_at=utcnow())
    assert (await ada.refresh()).codes == ["UNAUTHENTICATED"]
    assert await log.read() == []


async def test_a_session_lives_no_longer_for_being_kept_alive(
    ada: Client, database: Database
) -> None:
    before = (await ada.ask(SESSIONS)).payload
    await ada.refresh()
    assert (await ada.ask(SESSIONS)).payload == before
    for token in await tokens_in(database):
        idle = token.expires_at - token.created_at
        assert abs(idle - timedelta(days=14)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    "shown",
    ["", "rt_", "x" * 46, f"rt_{'a' * 43}", f"rt_{'a' * 44}", f"rt_{'ä' * 43}", "rt_é"],
)
async def test_what_is_no_refresh_token_is_refused_and_not_written_down(
    client: Client, log: Log, shown: str
) -> None:
    assert (await client.refresh(shown)).codes == ["UNAUTHENTICATED"]
    assert await log.read() == []


async def test_what_is_kept_of_a_refresh_token_does_not_open_anything(
    ada: Client, database: Database
) -> None:
    [kept] = await tokens_in(database)
    assert ada.refresh_token not in kept.token_hash
    for guess in (kept.token_hash, f"rt_{kept.token_hash[:43]}"):
        assert (await ada.another().refresh(guess)).codes == ["UNAUTHENTICATED"]


async def test_who_logs_out_is_out_at_once_and_only_there(ada: Client) -> None:
    elsewhere = ada.another()
    await elsewhere.log_in()

    answer = await ada.ask(LOGOUT)

    assert answer.payload["session"] == {"revokedReason": "logout"}
    await asyncio.sleep(0.05)  # the bus tells the server
    with pytest.raises(Unauthenticated):
        await ada.ask(VIEWER)
    assert (await ada.refresh()).codes == ["UNAUTHENTICATED"]
    [session] = (await elsewhere.ask(SESSIONS)).payload["sessions"]["nodes"]
    assert session["isCurrent"]


async def test_nobody_logs_out_who_is_not_signed_in(client: Client, log: Log) -> None:
    assert (await client.ask(LOGOUT)).codes == ["UNAUTHENTICATED"]
    assert await log.read() == []


async def test_nobody_sees_the_sessions_of_another(ada: Client) -> None:
    charles = ada.another()
    await charles.sign_up("charles@example.org")
    asked = "{ viewer { id sessions { nodes { id } } } }"
    mine = (await ada.ask(asked)).payload
    theirs = (await charles.ask(asked)).payload
    [session] = theirs["sessions"]["nodes"]
    for hidden in (theirs["id"], session["id"]):
        answer = await ada.ask("query ($id: ID!) { node(id: $id) { id } }", id=hidden)
        assert answer.payload is None
    answer = await ada.ask("query ($id: ID!) { node(id: $id) { id } }", id=mine["id"])
    assert answer.payload == {"id": mine["id"]}


async def test_each_mutation_leaves_one_entry(ada: Client, log: Log) -> None:
    await ada.refresh()
    await ada.log_in()
    await ada.ask(LOGOUT)
    said = [(one.action, one.status, one.actor_kind) for one in await log.read()]
    actions = ("tokenRefresh", "login", "logout")
    assert said == [(action, "success", "user") for action in actions]
