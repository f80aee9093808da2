"""What one may ask of several processes together, which Redis only hastens."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from db import migrating
from db.models import Plan, Tier
from db.session import Database
from tests import families, instances
from tests.billing.callers import CHEAP
from tests.calling import Client
from tests.families import children
from tests.processes import FREELY, serving
from tests.waiting import SECONDS

pytestmark = pytest.mark.once("postgresql")

LIMIT = 100
MANY = {"connections": "5000", "address_connections": "5000", "stop_notice": "0"}
CROWD = httpx.Limits(max_connections=5 * LIMIT, max_keepalive_connections=0)


@dataclass
class Both:
    """Two processes at one port, and somebody who has signed up."""

    client: Client
    redis: AsyncExitStack

    async def statuses(self, bearer: str, times: int) -> Counter[int]:
        """How so many requests at once are answered, each over its own connection."""
        signed = {"authorization": bearer}
        async with httpx.AsyncClient(limits=CROWD, timeout=SECONDS) as crowd:
            url = f"{self.client.url}/graphql"
            asked = (crowd.post(url, json=CHEAP, headers=signed) for _ in range(times))
            answers = await asyncio.gather(*asked)
        return Counter(one.status_code for one in answers)

    async def shares(self) -> list[int]:
        """How many requests each process has answered."""
        counted = await families.counted(self.client.url)
        return [counted["web-1"], counted["web-2"]]

    async def key(self) -> str:
        given = {"name": "many", "scopes": [], "rateLimit": LIMIT}
        made = await self.client.do("apiKeyCreate", "secret", **given)
        return f"Bearer {made['secret']}"


@pytest.fixture
def daily() -> int | None:
    """Calls a day that the free plan has."""
    return None


@pytest.fixture
async def both(
    tmp_path: Path, apart: str | None, daily: int | None
) -> AsyncIterator[Both]:
    async with AsyncExitStack() as stack, AsyncExitStack() as redis:
        url = apart or stack.enter_context(instances.postgresql(tmp_path / "cluster"))
        await migrating.upgrade(url)
        database = Database(url)
        stack.push_async_callback(database.close)
        async with database.write.begin() as session:
            free = sa.update(Plan).where(Plan.tier == Tier.FREE)
            await session.execute(free.values(api_limit_daily=daily))
        place = redis.enter_context(instances.redis(tmp_path))
        given = {**FREELY, **MANY, "database": url, "redis_url": place}
        arguments = ("--processes", "2", "--only", "web")
        server = await stack.enter_async_context(
            serving(tmp_path / "data", *arguments, **given)
        )
        assert {*children(server)} == {"web-1", "web-2"}
        client = Client()
        stack.push_async_callback(client.http.aclose)
        client.url = server.url
        await client.sign_up()
        yield Both(client, redis)


async def test_of_a_crowd_exactly_as_many_pass_as_a_key_may_ask_in_an_hour(
    both: Both,
) -> None:
    key = await both.key()
    before = await both.shares()
    found = await both.statuses(key, 5 * LIMIT)
    assert found == {200: LIMIT, 429: 4 * LIMIT}
    after = await both.shares()
    assert all(now > then for now, then in zip(after, before, strict=True))
    await both.redis.aclose()
    assert await both.statuses(key, LIMIT) == {429: LIMIT}
    assert await both.statuses(await both.key(), 2 * LIMIT) == {200: LIMIT, 429: LIMIT}


@pytest.mark.parametrize("daily", [LIMIT])
async def test_of_a_crowd_exactly_as_many_pass_as_a_plan_has_calls_in_a_day(
    both: Both,
) -> None:
    bearer = both.client.headers["authorization"]
    assert await both.statuses(bearer, 5 * LIMIT) == {200: LIMIT, 429: 4 * LIMIT}
    await both.redis.aclose()
    assert await both.statuses(bearer, LIMIT) == {429: LIMIT}
