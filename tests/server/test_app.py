"""The application's addresses, and what is around every answer."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from starlette.applications import Starlette

from resolvers.equipment import Equipment
from schema import schema
from server.app import create_app
from server.settings import Settings
from server.store import FolderStore
from tests.conftest import Save, Someone
from tests.factories import a_job

ELSEWHERE = "https://elsewhere.example"
FRIEND = "https://friend.example"


@pytest.fixture
def app(equipment: Equipment) -> Starlette:
    return create_app(equipment, Settings(allowed_origins=frozenset({FRIEND})))


@pytest.fixture
async def http(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="https://us") as client:
        yield client


async def test_a_process_is_alive_and_ready(http: httpx.AsyncClient) -> None:
    assert (await http.get("/healthz")).json() == {"status": "alive"}
    assert (await http.get("/readyz")).json() == {"status": "ready", "wrong": {}}


async def test_a_process_that_stops_is_alive_and_not_ready(
    http: httpx.AsyncClient, app: Starlette
) -> None:
    app.state.health.stopping = True
    ready = await http.get("/readyz")
    assert ready.status_code == 503
    assert ready.json()["wrong"] == {"process": "it is stopping"}
    assert (await http.get("/healthz")).status_code == 200


async def test_a_database_behind_the_server_is_not_ready(
    http: httpx.AsyncClient, equipment: Equipment
) -> None:
    async def at(revision: str) -> None:
        moved = sa.text("UPDATE alembic_version SET version_num = :revision")
        async with equipment.database.write.begin() as session:
            await session.execute(moved, {"revision": revision})

    head = (await _version(equipment)) or ""
    await at("0001")
    ready = await http.get("/readyz")
    await at(head)
    assert ready.status_code == 503
    assert "its tables are not those" in ready.json()["wrong"]["database"]
    assert "0001" not in ready.text


async def _version(equipment: Equipment) -> str | None:
    async with equipment.database.read() as session:
        return await session.scalar(sa.text("SELECT version_num FROM alembic_version"))


async def test_a_store_that_takes_no_files_is_not_ready(
    equipment: Equipment, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    broken = replace(equipment, store=FolderStore(tmp_path / "file"))
    transport = httpx.ASGITransport(create_app(broken, Settings()))
    async with httpx.AsyncClient(transport=transport, base_url="http://us") as http:
        ready = await http.get("/readyz")
    assert ready.status_code == 503
    assert "it takes no files" in ready.json()["wrong"]["store"]


async def test_a_probe_leaves_no_file(http: httpx.AsyncClient, tmp_path: Path) -> None:
    await http.get("/readyz")
    assert not [path for path in (tmp_path / "files").rglob("*") if path.is_file()]


@pytest.mark.parametrize("path", ["/readyz", "/metrics"])
async def test_many_who_look_cost_no_more_than_one(
    path: str, http: httpx.AsyncClient, statements: list[str]
) -> None:
    await asyncio.gather(*(http.get(path) for _ in range(20)))
    assert len(statements) == 1


async def test_the_schema_is_there_to_read(http: httpx.AsyncClient) -> None:
    told = await http.get("/schema.graphql")
    assert told.text == f"{schema}\n"
    assert told.headers["content-type"].startswith("text/plain")


async def test_the_schema_is_not_there_for_strangers_who_may_not_ask_for_it(
    equipment: Equipment,
) -> None:
    app = create_app(equipment, Settings(introspection=False))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://heliograph.test"
    ) as http:
        assert (await http.get("/schema.graphql")).status_code == 404


async def test_the_front_door_leads_to_graphql(http: httpx.AsyncClient) -> None:
    assert (await http.get("/")).headers["location"] == "/graphql"


async def test_no_address_answers_in_the_form_of_graphql(
    http: httpx.AsyncClient,
) -> None:
    told = await http.get("/nowhere")
    assert told.status_code == 404
    assert told.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize(
    "path", ["/graphql", "/healthz", "/metrics", "/nowhere", "/schema.graphql"]
)
async def test_every_answer_is_safe_in_a_browser(
    path: str, http: httpx.AsyncClient
) -> None:
    headers = (await http.get(path, headers={"accept": "application/json"})).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "max-age" in headers["strict-transport-security"]
    assert len(headers["x-request-id"]) == 32


async def test_a_request_keeps_the_id_it_comes_with_if_it_is_one(
    http: httpx.AsyncClient,
) -> None:
    for given, kept in (("abcd-1234", True), ("short", False), ("a b c d e f", False)):
        told = await http.get("/healthz", headers={"x-request-id": given})
        assert (told.headers["x-request-id"] == given) is kept


async def test_pages_of_friends_may_call_and_others_may_not(
    http: httpx.AsyncClient,
) -> None:
    asks = {"access-control-request-method": "POST"}
    asks["access-control-request-headers"] = "content-type,authorization"
    for origin, allowed in ((FRIEND, FRIEND), (ELSEWHERE, None), ("null", None)):
        told = await http.options("/graphql", headers={"origin": origin, **asks})
        assert told.headers.get("access-control-allow-origin") == allowed
        assert "access-control-allow-credentials" not in told.headers
        told = await http.get("/healthz", headers={"origin": origin})
        assert told.headers.get("access-control-allow-origin") == allowed


async def test_what_happens_is_counted(
    http: httpx.AsyncClient, save: Save, someone: Someone
) -> None:
    await save(a_job(await someone()))
    before = await counted(http)
    await http.post("/graphql", json={"query": "{ __typename }"})
    await http.get("/nowhere")
    after = await counted(http)
    for line, more in (
        ('heliograph_requests_total{method="POST",status="200"}', 1),
        ('heliograph_requests_total{method="GET",status="404"}', 1),
        ('heliograph_operation_seconds_count{kind="query"}', 1),
    ):
        assert after[line] - before.get(line, 0.0) == more, line
    assert after['heliograph_jobs{status="queued"}'] == 1
    assert after['heliograph_database_connections{pool="write"}'] == 0
    assert after["heliograph_subscriptions_running"] == 0
    operations = [line for line in after if line.startswith("heliograph_operations_t")]
    assert operations


async def counted(http: httpx.AsyncClient) -> dict[str, float]:
    lines = (await http.get("/metrics")).text.splitlines()
    pairs = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {name: float(value) for name, _, value in pairs}


async def test_a_request_is_one_line_in_the_log(
    http: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "heliograph.access"):
        await http.post("/graphql?x=secret", json={"query": "query Hi { __typename }"})
    [record] = [one for one in caplog.records if one.name == "heliograph.access"]
    line: dict[str, Any] = record.__dict__
    assert (line["method"], line["path"], line["status"]) == ("POST", "/graphql", 200)
    assert line["ms"] >= 0
    assert "secret" not in json.dumps({k: str(v) for k, v in line.items()})


async def test_graphiql_and_introspection_can_be_switched_off(
    equipment: Equipment,
) -> None:
    app = create_app(equipment, Settings(graphiql=False, introspection=False))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://us") as http:
        page = await http.get("/graphql", headers={"accept": "text/html"})
        assert page.status_code == 406
        asked = {"query": "{ __schema { queryType { name } } }"}
        told = (await http.post("/graphql", json=asked)).json()
    assert told["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert "data" not in told
