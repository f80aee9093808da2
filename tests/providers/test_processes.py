"""Quotas hold over all processes together, and each threshold is told once."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from db import models
from db.session import Database
from resolvers.access import Actor, BaseRole
from schema.ids import row_id
from tests import instances
from tests.calling import Client
from tests.families import children
from tests.processes import FREELY, serving
from tests.providers.conftest import ADD, RESERVE
from tests.providers.rows import a_quota

pytestmark = pytest.mark.once("postgresql")
ALERTS = "{ alerts(first: 100) { nodes { costAlertType } } }"
AT_ONCE = 50


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[str]:
    """A PostgreSQL of our own: processes do not share a file."""
    with instances.postgresql(tmp_path / "cluster") as url:
        yield url


async def test_fifty_clients_of_two_processes_spend_no_more_than_there_is(
    tmp_path: Path, shared: str, redis_url: str
) -> None:
    given = {"database": shared, "redis_url": redis_url, **FREELY}
    async with serving(tmp_path / "data", "--processes", "2", **given) as server:
        assert {*children(server)} == {"web-1", "web-2", "worker"}
        client = Client()
        client.url = server.url
        await client.sign_up()
        await limited(client, shared)
        made = await at_once(client, RESERVE, "providerCallReserve", cost="0.3")
        refused = [one[0] for one in made if one]
        assert len(refused) == AT_ONCE - 16
        assert {(one["code"], one["limit"]["usedUsd"]) for one in refused} == {
            ("LIMIT_EXCEEDED", "4.800000")
        }
        assert not any(await at_once(client, ADD, "providerUsageAdd", cost="0.1"))
        alerts = (await client.ask(ALERTS))["nodes"]
        await client.http.aclose()
    told = Counter(one["costAlertType"] for one in alerts)
    assert told == {"DAILY_80": 1, "DAILY_90": 1, "DAILY_100": 1}


async def limited(client: Client, url: str) -> None:
    """Have a client spend 5 USD a day at most."""
    id_ = (await client.ask("{ viewer { id } }"))["id"]
    database = Database(url)
    async with database.write.begin() as session:
        session.add(a_quota(Actor(row_id(id_, models.User), BaseRole.USER)))
    await database.close()


async def at_once(client: Client, text: str, name: str, **given: Any) -> list[Any]:
    """What is wrong with each of so many calls, of which each has a connection."""
    about = {"provider": "openai", "model": "small", **given}
    body = {"query": text, "variables": {"i": about}}

    async def call() -> Any:
        async with httpx.AsyncClient(timeout=60) as http:
            url, headers = f"{client.url}/graphql", client.headers
            answer = (await http.post(url, json=body, headers=headers)).json()
        return answer["data"][name]["userErrors"]

    return await asyncio.gather(*(call() for _ in range(AT_ONCE)))
