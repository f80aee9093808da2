"""Whoever comes in at an address beside GraphQL's pays as they would there."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from prometheus_client import generate_latest
from starlette.applications import Starlette
from starlette.routing import Route

from resolvers.access import Actor
from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.identity import exports, keytexts
from server import metrics
from server.app import create_app
from server.callers import Caller
from server.personal import POINTS
from server.settings import Settings
from tests.billing.callers import a_bearer
from tests.conftest import Save
from tests.server.clients import serving

FEW: Any = {
    "points_signed_in": "300",
    "points_signed_in_a_second": "0.001",
    "points_anonymous": "30",
    "points_anonymous_a_second": "0.001",
}
"""Settings by which little may be asked, and no more comes back within a test."""


@pytest.fixture
def app(equipment: Equipment) -> Starlette:
    return create_app(equipment, Settings(**FEW))


@pytest.fixture
async def http(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        serving(app) as address,
        httpx.AsyncClient(base_url=f"http://{address}", timeout=20) as client,
    ):
        yield client


async def refused(asked: Callable[[], Awaitable[httpx.Response]]) -> int:
    """How many requests are answered before there is one too many."""
    for number in range(100):
        answer = await asked()
        if answer.status_code == 429:
            assert int(answer.headers["retry-after"]) > 0
            return number
    raise AssertionError("there is no end")


async def test_a_key_for_persisted_documents_opens_no_other_address(
    app: Starlette,
    http: httpx.AsyncClient,
    equipment: Equipment,
    save: Save,
    analyst: Actor,
) -> None:
    key = await a_bearer(save, equipment.keys, analyst, trusted_only=True)
    routes = [one for one in app.routes if isinstance(one, Route)]
    callers: list[tuple[str, Any]] = [(one.path, one.endpoint) for one in routes]
    entrances = [one for one in callers if isinstance(one[1], Caller)]
    assert len(entrances) >= 5
    for path, caller in entrances:
        where, signed = path.format(id="x", name="x"), {"authorization": key}
        answer = await http.request(caller.method, where, headers=signed)
        [error] = answer.json()["errors"]
        assert (answer.status_code, error["extensions"]["code"]) == (403, "FORBIDDEN")


async def test_what_is_fetched_is_paid_for(
    http: httpx.AsyncClient, equipment: Equipment, save: Save, analyst: Actor
) -> None:
    signed = {"authorization": await a_bearer(save, equipment.keys, analyst)}
    assert await refused(lambda: http.get("/batches/x.csv", headers=signed)) == 30
    said = await http.post("/graphql", json={"query": "{ __typename }"}, headers=signed)
    assert said.status_code == 429  # they are the same points


@pytest.mark.parametrize("method", ["graphql", "upload"])
async def test_to_try_keys_costs_what_an_address_may_spend(
    http: httpx.AsyncClient, equipment: Equipment, method: str
) -> None:
    async def tried() -> httpx.Response:
        key = keytexts.fresh(equipment.keys).text
        signed = {"authorization": f"Bearer {key}"}
        asked = {"query": "{ __typename }"}
        return await http.post(f"/{method}", json=asked, headers=signed)

    assert await refused(tried) == 30


async def test_to_try_tickets_does_too(http: httpx.AsyncClient) -> None:
    assert await refused(lambda: http.get("/export?ticket=x")) == 30


async def test_one_export_of_somebodys_is_sent_at_a_time(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, analyst: Actor
) -> None:
    assert POINTS <= 300
    going_on = asyncio.Event()

    async def holder(*_: object) -> Any:
        return analyst.user_id

    async def lines(_: Context, __: object) -> AsyncIterator[bytes]:
        yield b"{}\n"
        await going_on.wait()

    monkeypatch.setattr(exports, "holder", holder)
    monkeypatch.setattr(exports, "lines", lines)
    async with http.stream("GET", "/export?ticket=x") as sent:
        assert sent.status_code == 200
        other = await http.get("/export?ticket=x")
        assert other.status_code == 429
        assert "being sent already" in other.text
        going_on.set()
        assert [one async for one in sent.aiter_lines()] == ["{}"]


async def test_methods_that_nobody_knows_are_counted_as_one(app: Starlette) -> None:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as http:
        for method in ("BREW", "WHEN"):
            assert (await http.request(method, "/healthz")).status_code == 405
    told = generate_latest(metrics.REGISTRY).decode()
    assert 'method="OTHER"' in told
    assert "BREW" not in told
