"""API keys over HTTP and websockets: taken in headers, and never in a URL."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.routing import Route
from websockets.exceptions import InvalidStatus

from db.base import utcnow
from db.models import ApiKey, AuditEntry
from db.session import Database
from resolvers.access import SYSTEM, Actor, visible
from resolvers.equipment import Equipment
from resolvers.identity import keytexts
from server import authentication, logs
from server.app import create_app
from server.callers import Caller
from server.exposed import EXPOSED
from server.settings import Settings
from tests.conftest import Letterbox, Save
from tests.factories import a_key
from tests.processes import FREELY
from tests.server.clients import serving, talking
from tests.waiting import until_told

Key = Callable[..., Awaitable[str]]
VIEWER = "{ viewer { email } }"
WAYS: list[Callable[[str], dict[str, str]]] = [
    lambda key: {"authorization": f"Bearer {key}"},
    lambda key: {"x-api-key": key},
]


@pytest.fixture
def key(equipment: Equipment, save: Save, analyst: Actor) -> Key:
    """A new key of the analyst's."""

    async def key(**columns: Any) -> str:
        made = keytexts.fresh(equipment.keys)
        known = {"key_prefix": made.prefix, "key_hash": made.hash}
        await save(a_key(analyst, **known, last_four=made.last_four, **columns))
        return made.text

    return key


@pytest.fixture
def app(equipment: Equipment) -> Starlette:
    return create_app(equipment, Settings(**FREELY))


@pytest.fixture
async def address(app: Starlette) -> AsyncIterator[str]:
    async with serving(app) as address:
        yield address


@pytest.fixture
async def http(address: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://{address}", timeout=20) as client:
        yield client


async def kept(database: Database, key: str) -> ApiKey:
    rows = visible(SYSTEM, ApiKey).where(ApiKey.key_prefix == key.rpartition("_")[0])
    async with database.read() as session:
        return (await session.scalars(rows)).one()


@pytest.mark.parametrize("way", WAYS)
async def test_a_key_in_a_header_speaks_for_its_owner(
    http: httpx.AsyncClient, key: Key, analyst: Actor, way: Any
) -> None:
    headers = way(await key())
    for _ in range(3):  # the first time it is found out, then it is known
        answer = await http.post("/graphql", json={"query": VIEWER}, headers=headers)
        assert answer.json()["data"]["viewer"]["email"].startswith(
            str(analyst.user_id).replace("-", "")
        )
    asked = await http.get("/graphql", params={"query": VIEWER}, headers=headers)
    assert asked.json()["data"]["viewer"]


@pytest.mark.parametrize("way", WAYS)
async def test_a_key_opens_every_entrance(
    http: httpx.AsyncClient, key: Key, app: Starlette, way: Any
) -> None:
    headers = way(await key(scopes=["edit_datasets", "edit_models"]))
    routes = [one for one in app.routes if isinstance(one, Route)]
    entrances = [one for one in routes if isinstance(one.endpoint, Caller)]
    assert len(entrances) >= 5
    for route in entrances:
        path = route.path.replace("{id}", "x").replace("{name}", "x")
        for method in ("GET", "POST"):
            refused = await http.request(method, path, headers=way("heliograph_live_"))
            if refused.status_code != 405:
                assert refused.status_code == 401, path
                answer = await http.request(method, path, headers=headers)
                assert answer.status_code not in {401, 403, 500}, answer.text


async def test_who_shows_two_things_is_told_to_show_one(
    http: httpx.AsyncClient, key: Key
) -> None:
    text = await key()
    headers = {**WAYS[0](text), **WAYS[1](text)}
    answer = await http.post("/graphql", json={"query": VIEWER}, headers=headers)
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["extensions"]["code"]) == (400, "BAD_REQUEST")


async def test_a_revoked_key_is_refused_over_http_within_five_seconds(
    http: httpx.AsyncClient,
    key: Key,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(authentication, "FRESH", 0.2)
    headers, body = WAYS[0](await key()), {"query": VIEWER}
    assert (await http.post("/graphql", json=body, headers=headers)).is_success
    await end(database)

    async def over() -> bool:
        return not (await http.post("/graphql", json=body, headers=headers)).is_success

    await until_told(over, 5)
    answer = await http.post("/graphql", json=body, headers=headers)
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def end(database: Database) -> None:
    async with database.write.begin() as session:
        await session.execute(sa.update(ApiKey).values(revoked_at=utcnow()))


@pytest.mark.parametrize("name", ["authorization", "X-API-Key"])
async def test_a_socket_of_a_key_is_closed_when_the_key_is_revoked(
    address: str,
    key: Key,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    monkeypatch.setattr(authentication, "FRESH", 0.2)
    text = await key()
    shown = f"Bearer {text}" if name == "authorization" else text
    async with talking(address) as talk:
        await talk.init(**{name: shown})
        await talk.subscribe(VIEWER)
        assert (await talk.hear())["payload"]["data"]["viewer"]
        await end(database)
        code, _ = await talk.closed()
    assert code == 4403


async def test_a_socket_of_a_key_ends_with_the_key(address: str, key: Key) -> None:
    text = await key(expires_at=utcnow() + timedelta(seconds=2))
    async with talking(address) as talk:
        await talk.init(authorization=f"Bearer {text}")
        code, _ = await talk.closed()
    assert code == 4403


async def test_a_key_that_is_none_opens_no_socket(address: str, key: Key) -> None:
    text = await key()
    for wrong in (text[:-1], text[:-1] + ("0" if text[-1] != "0" else "1")):
        async with talking(address) as talk:
            await talk.send("connection_init", payload={"x-api-key": wrong})
            assert (await talk.closed())[0] == 4403


PLACES = ["/graphql?query={{__typename}}&api_key={}", "/upload?x={}", "/nowhere/{}"]


@pytest.mark.parametrize("place", PLACES)
async def test_a_key_in_a_url_is_refused_and_revoked(
    http: httpx.AsyncClient,
    key: Key,
    database: Database,
    letterbox: Letterbox,
    place: str,
) -> None:
    text = await key()
    for spelt in (text, text.replace("_", "%5f")):
        answer = await http.post(place.format(spelt), json={"query": VIEWER})
        assert answer.status_code == 400
        assert "never in a URL" in answer.text
        assert text not in answer.text
    assert (await kept(database, text)).revoked_reason == "exposed"
    [letter] = letterbox.letters
    assert text.rpartition("_")[0] in letter.text
    assert text not in letter.text
    rows = visible(SYSTEM, AuditEntry).where(AuditEntry.action == EXPOSED)
    async with database.read() as session:
        [entry] = await session.scalars(rows)
    assert (entry.actor_kind, entry.entity) == ("system", "ApiKey")
    assert entry.ip_address == "127.0.0.1"


async def test_whoever_guesses_a_key_in_a_url_revokes_nothing(
    http: httpx.AsyncClient, key: Key, equipment: Equipment, database: Database
) -> None:
    text = await key()
    prefix = text.rpartition("_")[0]
    guess = keytexts.made(equipment.keys, prefix, keytexts.secret()).text
    for one in (guess, text[:-1] + "_"):
        await http.get(f"/graphql?query={quote('{__typename}')}&key={one}")
    assert (await kept(database, text)).revoked_at is None


async def test_a_key_in_the_url_of_a_socket_is_refused_and_revoked(
    address: str, key: Key, database: Database
) -> None:
    text = await key()
    with pytest.raises(InvalidStatus) as refused:
        async with talking(f"{address}/graphql?key={text}&x="):
            pass
    assert refused.value.response.status_code == 400
    assert (await kept(database, text)).revoked_at


async def test_no_log_has_a_key(
    http: httpx.AsyncClient, key: Key, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "heliograph")
    text = await key()
    await http.post("/graphql", json={"query": VIEWER}, headers=WAYS[0](text))
    await http.get(f"/nowhere/{text}")
    said = [
        str(logs.redacted(None, "", {"event": one.getMessage(), **vars(one)}))
        for one in caplog.records
        if one.name.startswith("heliograph")
    ]
    assert said
    assert not [line for line in said if text in line or text[-20:] in line]
    for spelt in (text, f"key={text}&x", f'"{text}"', f"x{text}"):
        clean = logs.clean(f"somebody sent {spelt} to us")
        assert text[-20:] not in clean
        assert text.rpartition("_")[0] in clean
