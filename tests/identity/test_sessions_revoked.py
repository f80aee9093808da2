"""Sessions that are ended from elsewhere, and what was open in them."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from resolvers.errors import Unauthenticated
from server.app import create_app
from server.settings import Settings
from tests.conftest import Letterbox
from tests.identity.conftest import EMAIL, PASSWORD, VIEWER, Client, Log
from tests.identity.devices import told
from tests.processes import FREELY
from tests.server.clients import serving, talking

REVOKE = """mutation ($id: ID!) { sessionRevoke(input: {id: $id}) {
  session { revokedReason } userErrors { code field }
} }"""
REVOKE_OTHERS = "mutation { sessionsRevokeOthers { ended userErrors { code } } }"
SESSIONS = """{ viewer { sessions(filter: {revokedAt: {isNull: true}}) {
  nodes { id isCurrent platform address userAgent }
} } }"""
AGENTS = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/128.0": "Windows",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605.1": "macOS",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Safari/604.1": "iOS",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/126.0": "Android",
    "Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0": "Linux",
    "python-httpx/0.28": None,
}
LIMIT = 5
"""Seconds within which a revoked session is over."""


@pytest.fixture
async def ada(client: Client) -> AsyncIterator[Client]:
    """Somebody who has signed up, while the server hears of changes."""
    await client.sign_up()
    async with client.authentication.running():
        yield client


async def sessions(client: Client) -> list[dict[str, str]]:
    return (await client.ask(SESSIONS)).payload["sessions"]["nodes"]


async def elsewhere(client: Client) -> tuple[Client, str]:
    """Another program of the same person, and the id of its session."""
    known = {one["id"] for one in await sessions(client)}
    other = client.another()
    await other.log_in()
    [id_] = {one["id"] for one in await sessions(other)} - known
    return other, id_


async def over(client: Client) -> None:
    """Return once a program is told that its session has ended."""
    async with asyncio.timeout(LIMIT):
        while True:
            try:
                await client.ask(VIEWER)
            except Unauthenticated:
                return
            await asyncio.sleep(0.02)


async def test_a_session_is_ended_from_elsewhere(ada: Client) -> None:
    other, id_ = await elsewhere(ada)
    answer = (await ada.ask(REVOKE, id=id_)).payload
    assert answer == {"session": {"revokedReason": "revoked"}, "userErrors": []}
    await over(other)
    assert (await other.refresh()).codes == ["UNAUTHENTICATED"]
    assert (await ada.ask(VIEWER)).payload == {"email": EMAIL}
    assert told(await ada.ask(REVOKE, id=id_)) == "INVALID_TRANSITION"


async def test_all_others_are_ended_at_once(ada: Client, log: Log) -> None:
    others = [(await elsewhere(ada))[0] for _ in range(3)]
    await log.read()
    assert (await ada.ask(REVOKE_OTHERS)).payload["ended"] == 3
    for other in others:
        await over(other)
        assert (await other.refresh()).codes == ["UNAUTHENTICATED"]
    [left] = await sessions(ada)
    assert left["isCurrent"]
    assert told(await ada.refresh()) == ""
    entries = [(one.action, one.payload.get("ended")) for one in await log.read()]
    assert entries[0] == ("sessionsRevokeOthers", {"sessions": "3"})
    assert (await ada.ask(REVOKE_OTHERS)).payload["ended"] == 0


async def test_nobody_ends_the_session_of_another(ada: Client) -> None:
    charles = ada.another()
    await charles.sign_up("charles@example.org")
    [theirs] = await sessions(charles)
    answer = await ada.ask(REVOKE, id=theirs["id"])
    assert answer.refused == [("NOT_FOUND", ["id"])]
    await ada.ask(REVOKE_OTHERS)
    assert len(await sessions(charles)) == 1


async def test_an_open_socket_is_closed_within_five_seconds(ada: Client) -> None:
    other, id_ = await elsewhere(ada)
    app = create_app(ada.equipment, Settings(**FREELY))
    async with serving(app) as address, talking(address) as talk:
        await talk.init(authorization=f"Bearer {other.access}")
        await talk.subscribe("subscription { alertChanged { id } }")
        await ada.ask(REVOKE, id=id_)
        async with asyncio.timeout(LIMIT):
            code, _ = await talk.closed()
    assert code == 4403


async def test_a_server_that_is_not_told_finds_out_within_five_seconds(
    ada: Client,
) -> None:
    """As where Redis is away: the session is looked at every four seconds."""
    other, id_ = await elsewhere(ada)
    deaf = type(ada.authentication)(ada.equipment)
    apart = Client(ada.equipment, deaf, access=other.access)
    assert (await apart.ask(VIEWER)).payload == {"email": EMAIL}
    await ada.ask(REVOKE, id=id_)
    await over(apart)


@pytest.mark.parametrize("agent", AGENTS)
async def test_a_session_says_what_it_was_begun_with(ada: Client, agent: str) -> None:
    app = create_app(ada.equipment, Settings(**FREELY))
    async with serving(app) as address:
        headers = {"user-agent": agent}
        body = {
            "query": """mutation ($e: String!, $p: String!) {
              login(input: {email: $e, password: $p}) {
                tokens { accessToken }
                user { sessions(first: 1) {
                  nodes { platform address userAgent }
                } }
              }
            }""",
            "variables": {"e": EMAIL, "p": PASSWORD},
        }
        async with httpx.AsyncClient(base_url=f"http://{address}", timeout=20) as http:
            answer = await http.post("/graphql", json=body, headers=headers)
    [session] = answer.json()["data"]["login"]["user"]["sessions"]["nodes"]
    assert session == {
        "platform": AGENTS[agent],
        "address": "127.0.0.1",
        "userAgent": agent,
    }


async def test_who_is_signed_out_for_reuse_is_written_to_once(
    ada: Client, letterbox: Letterbox
) -> None:
    stolen = ada.refresh_token
    for _ in range(2):
        await ada.refresh()
    for _ in range(2):
        assert (await ada.another().refresh(stolen)).codes == ["UNAUTHENTICATED"]
    [letter] = [
        one for one in letterbox.letters if one.subject == "You were signed out"
    ]
    assert letter.to == EMAIL
