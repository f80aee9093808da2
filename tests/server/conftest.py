"""An endpoint behind a real server, with a schema in which things take time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import strawberry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute

import schema
from db import migrating
from resolvers.access import Actor, BaseRole
from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.errors import Unauthenticated
from resolvers.writes import Origin
from schema import diagnostics
from schema.reads import costing
from server.body import Asked
from server.calls import Calls
from server.endpoint import Endpoint
from server.principals import STRANGER, Principal
from server.settings import Settings
from tests import instances
from tests.conftest import As, Save
from tests.documents import digest
from tests.factories import a_document
from tests.server.clients import serving
from tests.server.clusters import clustered
from tests.server.ways import Client, client, signed
from tests.worlds import World

GOOD = "Bearer good"


@dataclass
class Seen:
    """What the schema's own fields have lived through."""

    begun: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    logins: int = 0

    async def sleep(self, seconds: float) -> float:
        self.begun.set()
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        self.ended.set()
        return seconds


NOW = [Seen()]
"""What is seen by the test that runs; each begins with nothing seen."""


@strawberry.type(name="Query")
class SlowQuery(schema.Query, diagnostics.Query):
    @strawberry.field
    async def sleep(self, seconds: float) -> float:
        return await NOW[0].sleep(seconds)

    @strawberry.field
    def unspeakable(self) -> str:
        return "\ud800"


@strawberry.type(name="Mutation")
class SlowMutation(schema.Mutation):
    @strawberry.mutation
    async def sleep(self, seconds: float) -> float:
        return await NOW[0].sleep(seconds)

    @strawberry.mutation(metadata=costing(50, alone=True))
    async def test_login(self) -> int:
        NOW[0].logins += 1
        return NOW[0].logins


@strawberry.type(name="Subscription")
class SlowSubscription(schema.Subscription, diagnostics.Subscription):
    pass


SLOW = schema.built(SlowQuery, SlowMutation, SlowSubscription)


@pytest.fixture
def seen() -> Seen:
    NOW[0] = Seen()
    return NOW[0]


@pytest.fixture
def principals(analyst: Actor) -> dict[str | None, Principal]:
    """Whom each `authorization` speaks for; a test may add its own."""
    return {None: STRANGER, GOOD: Principal(analyst)}


@pytest.fixture
def endpoint(as_: As, seen: Seen, principals: dict[str | None, Principal]) -> Endpoint:
    async def authenticate(bearer: str | None, _: Origin) -> Principal:
        if bearer not in principals:
            raise Unauthenticated("this token is not valid")
        return principals[bearer]

    async def multipart(request: Request) -> Asked:
        return Asked("{ __typename }")

    async def page(request: Request) -> Response:
        return PlainTextResponse("the page")

    def context(actor: Actor, origin: Origin) -> Context:
        return replace(as_(actor), origin=origin)

    return Endpoint(
        schema=SLOW,
        context=context,
        authenticate=authenticate,
        calls=Calls(as_()),
        multipart=multipart,
        page=page,
    )


@pytest.fixture
async def address(endpoint: Endpoint) -> AsyncIterator[str]:
    routes = [Route("/graphql", endpoint), WebSocketRoute("/graphql", endpoint)]
    async with serving(Starlette(routes=routes)) as address:
        yield address


Post = Callable[..., Any]
Send = Callable[..., Awaitable[Any]]
Registered = Callable[[Actor, str], Awaitable[str]]


@pytest.fixture
async def http(address: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://{address}", timeout=5) as client:
        yield client


@pytest.fixture
def post(http: httpx.AsyncClient) -> Post:
    """Ask by POST, signed in unless a test says otherwise."""

    async def post(
        query: str, headers: dict[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        given = {"authorization": GOOD, **(headers or {})}
        return await http.post("/graphql", json={"query": query, **more}, headers=given)

    return post


@pytest.fixture
def send(http: httpx.AsyncClient) -> Send:
    """What is answered to this body, of whoever it is."""

    async def send(bearer: str | None = GOOD, **body: Any) -> Any:
        headers = {"authorization": bearer} if bearer else {}
        return (await http.post("/graphql", json=body, headers=headers)).json()

    return send


@pytest.fixture
def registered(save: Save) -> Registered:
    """Register a document, past everything that checks it."""

    async def registered(owner: Actor, text: str) -> str:
        shared = owner.role is BaseRole.ADMIN
        about = {"document": text, "sha256": digest(text), "is_shared": shared}
        return f"sha256:{(await save(a_document(owner, **about))).sha256}"

    return registered


@pytest.fixture
async def apart(cluster: str) -> AsyncIterator[str | None]:
    """The URL of a database of the test's own; None is a file in the data folder."""
    if cluster.startswith("sqlite"):
        yield None
        return
    name = f"apart_{uuid4().hex}"
    yield await instances.database(cluster, name)
    await instances.drop(cluster, name)


@pytest.fixture
async def world(tmp_path: Path, apart: str | None) -> World:
    """A world with tables and somebody who signed up."""
    data = tmp_path / "data"
    data.mkdir()
    world = World(data, apart)
    await migrating.upgrade(world.settings.database)
    async with world.here():
        await world.client.sign_up()
    return world


@pytest.fixture
async def bearer(equipment: Equipment, save: Save, analyst: Actor) -> str:
    """What the analyst signs requests with."""
    return await signed(equipment, save, analyst)


@pytest.fixture
async def short(
    equipment: Equipment, settings: Settings, bearer: str
) -> AsyncIterator[Client]:
    async with client(equipment, settings, bearer, short=True) as short:
        yield short


@pytest.fixture
async def long(
    equipment: Equipment, settings: Settings, bearer: str
) -> AsyncIterator[Client]:
    async with client(equipment, settings, bearer, short=False) as long:
        yield long


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """A cluster, for all tests of a file."""
    with clustered() as address:
        yield address
