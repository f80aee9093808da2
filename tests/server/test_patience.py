"""The short way waits no longer than the long one, and reads a head as it does."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest

from resolvers.equipment import Equipment
from server import app, heads
from server.limits import Limits
from server.settings import Settings
from tests.server.requests import DATASETS
from tests.server.ways import Client, client


@pytest.fixture
def settings() -> Settings:
    return Settings(graphiql=False)


@pytest.mark.parametrize("media", ["json", "graphql-response+json"])
async def test_what_takes_too_long_is_told_alike_by_both_ways(
    equipment: Equipment,
    settings: Settings,
    bearer: str,
    monkeypatch: pytest.MonkeyPatch,
    media: str,
) -> None:
    monkeypatch.setattr(app, "limits", lambda _: Limits(seconds=0.2))
    answers: list[Any] = []
    for short in (True, False):
        async with client(equipment, settings, bearer, short=short) as there:
            there.headers["accept"] = f"application/{media}"
            assert (await there.post("/graphql", json={"query": DATASETS})).is_success
            with monkeypatch.context() as patched:
                patched.setattr(equipment.database, "direct", Stuck())
                async with asyncio.timeout(5):
                    answers.append(
                        await there.post("/graphql", json={"query": DATASETS})
                    )
    one, other = answers
    assert one.content == other.content
    assert one.status_code == other.status_code
    assert one.json()["errors"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"


class Stuck:
    """A way to a database that does not answer."""

    async def scalar(self, *_: Any) -> str:
        await asyncio.Event().wait()
        raise AssertionError


async def test_a_body_of_which_nothing_comes_is_not_waited_for(
    short: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heads, "SOON", 0.1)
    monkeypatch.setattr("server.body.SECONDS", 0.1)
    host, port = short.base_url.host, short.base_url.port
    reader, writer = await asyncio.open_connection(host, port)
    head = (
        f"POST /graphql HTTP/1.1\r\nhost: {host}\r\ncontent-length: 9\r\n"
        "content-type: application/json\r\n\r\n"
    )
    writer.write(head.encode())
    async with asyncio.timeout(5):
        assert b" 408 " in await reader.readline()
    writer.close()


async def test_a_body_that_comes_late_is_answered(
    short: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heads, "SOON", 0.01)

    async def late() -> AsyncIterator[bytes]:
        await asyncio.sleep(0.1)
        yield orjson.dumps({"query": DATASETS})

    said = {"content-type": "application/json"}
    answer = await short.post("/graphql", content=late(), headers=said)
    assert answer.json() == {"data": {"datasets": {"nodes": []}}}


@pytest.mark.parametrize("forged_first", [True, False])
async def test_of_headers_that_are_repeated_both_ways_take_the_same(
    short: Client, long: Client, bearer: str, *, forged_first: bool
) -> None:
    query = {"query": "{ viewer { id } }"}
    said = [("authorization", "Bearer a.b.c"), ("authorization", bearer)]
    answers: list[Any] = []
    for way in (short, long):
        assert (await way.post("/graphql", json=query)).status_code == 200
        del way.headers["authorization"]
        given = said if forged_first else said[::-1]
        answers.append(await way.post("/graphql", json=query, headers=given))
    assert answers[0].content == answers[1].content
    assert {one.status_code for one in answers} == {401 if forged_first else 200}
