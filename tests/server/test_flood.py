"""A flood of wrong logins: most are turned away, and nobody waits behind the others."""

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest

from compute import passwords as hashing
from resolvers import passwords
from resolvers.equipment import Equipment
from resolvers.passwords import Passwords
from server.settings import Settings
from tests.billing.callers import READ
from tests.server.ways import Client, client
from tests.waiting import SECONDS, until

ADDRESSES, TRIES = 10, 40
LOGIN = "mutation($i: LoginInput!) { login(input: $i) { userErrors { code } } }"


@pytest.fixture
def settings() -> Settings:
    return Settings(graphiql=False, points_anonymous_a_second=0.001)


@pytest.fixture
async def crowd(short: Client) -> AsyncIterator[list[Client]]:
    """Strangers, each at an address of their own."""
    async with AsyncExitStack() as stack:
        strangers: list[Client] = []
        for place in range(1, ADDRESSES + 1):
            way = httpx.AsyncHTTPTransport(local_address=f"127.0.1.{place}")
            one = httpx.AsyncClient(transport=way, timeout=SECONDS)
            one.base_url = short.base_url
            strangers.append(await stack.enter_async_context(one))
        yield strangers


async def tried(stranger: Client, name: str) -> str:
    """What somebody is told who tries a password."""
    signing = {"email": f"{name}@example.org", "password": "a wrong password"}
    body = {"query": LOGIN, "variables": {"i": signing}}
    said = (await stranger.post("/graphql", json=body)).json()
    if "errors" in said:
        return said["errors"][0]["extensions"]["code"]
    return said["data"]["login"]["userErrors"][0]["code"]


async def test_of_a_flood_no_more_is_hashed_than_addresses_have_points_for(
    crowd: list[Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str | None] = []
    verify = Passwords.verified

    async def noted(self: Passwords, stored: str | None, password: str) -> bool:
        hashed.append(stored)
        return await verify(self, stored, password)

    monkeypatch.setattr(Passwords, "verified", noted)
    told: Counter[str] = Counter()
    for number in range(TRIES):
        tries = [tried(one, f"{n}.{number}") for n, one in enumerate(crowd)]
        told.update(await asyncio.gather(*tries))
    assert told == {"INVALID": 9 * ADDRESSES, "RATE_LIMITED": (TRIES - 9) * ADDRESSES}
    assert len(hashed) == 9 * ADDRESSES


async def test_nobody_else_waits_for_passwords_that_are_looked_at(
    equipment: Equipment, short: Client, bearer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on, begun = threading.Event(), list[int]()

    def stuck(*_: Any) -> bool:
        begun.append(1)
        goes_on.wait(SECONDS)
        return False

    monkeypatch.setattr(hashing, "verified", stuck)
    monkeypatch.setattr(passwords, "WAITING", 8)
    generous = Settings(graphiql=False, points_anonymous=10**6)
    async with client(equipment, generous, bearer, short=True) as there:
        stranger = httpx.AsyncClient(base_url=there.base_url, timeout=SECONDS)
        tries = [asyncio.create_task(tried(stranger, f"a{n}")) for n in range(20)]
        try:
            await until(lambda: sum(one.done() for one in tries) == 20 - 8)
            for _ in range(10):
                assert (await there.post("/graphql", json=READ)).status_code == 200
            assert len(begun) == passwords.AT_ONCE
        finally:
            goes_on.set()
        told = Counter(await asyncio.gather(*tries))
        await stranger.aclose()
    assert told == {"INVALID": 8, "SERVER_BUSY": 12}
