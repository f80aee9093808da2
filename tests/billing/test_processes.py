"""Limits hold over all processes together."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from db import models
from db.session import Database
from resolvers.access import Actor, BaseRole
from schema.ids import row_id, spell
from tests import instances
from tests.calling import Client
from tests.factories import an_upload
from tests.families import children
from tests.processes import FREELY, serving

CREATE = """mutation ($input: DatasetCreateInput!) { datasetCreate(input: $input) {
  userErrors { code limit { used } } } }"""


pytestmark = pytest.mark.once("postgresql")


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[str]:
    """A PostgreSQL of our own: processes do not share a file."""
    with instances.postgresql(tmp_path / "cluster") as url:
        yield url


async def test_of_a_hundred_at_two_processes_exactly_five_are_made(
    tmp_path: Path, shared: str, redis_url: str
) -> None:
    given = {"database": shared, "redis_url": redis_url, **FREELY}
    async with serving(tmp_path / "data", "--processes", "2", **given) as server:
        assert {*children(server)} == {"web-1", "web-2", "worker"}
        client = await signed_up(server.url)
        id_ = (await client.ask("{ viewer { id } }"))["id"]
        owner = Actor(row_id(id_, models.User), BaseRole.USER)
        uploads = [an_upload(owner) for _ in range(100)]
        database = Database(shared)
        async with database.write.begin() as session:
            session.add_all(uploads)
        await database.close()
        made = await asyncio.gather(*(create(client, spell(one)) for one in uploads))
        await client.http.aclose()
    refused = [one[0] for one in made if one]
    assert len(refused) == 95
    assert {(one["code"], one["limit"]["used"]) for one in refused} == {
        ("LIMIT_EXCEEDED", 5)
    }


async def signed_up(url: str) -> Client:
    client = Client()
    client.url = url
    await client.sign_up()
    return client


async def create(client: Client, upload: str) -> list[Any]:
    """What is wrong with a dataset, by a connection of its own to either process."""
    given = {
        "query": CREATE,
        "variables": {"input": {"name": "A", "uploads": [upload]}},
    }
    async with httpx.AsyncClient(timeout=60) as http:
        url, headers = f"{client.url}/graphql", client.headers
        answer = (await http.post(url, json=given, headers=headers)).json()
    return answer["data"]["datasetCreate"]["userErrors"]
