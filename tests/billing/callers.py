"""Whoever asks, as often as they may, and what comes of it."""

import asyncio
from collections import Counter
from typing import Any

import httpx
import sqlalchemy as sa

from db.models import PeriodKind, UsageCounter
from db.session import Database
from resolvers.access import SYSTEM, Actor, visible
from resolvers.identity import keytexts
from resolvers.keys import Keys
from tests.conftest import Save
from tests.factories import a_key
from tests.waiting import SECONDS

CHEAP = {"query": "{ __typename }"}
READ = {"query": "{ datasets { nodes { id } } }"}
"""What one statement answers."""


async def a_bearer(save: Save, keys: Keys, owner: Actor, **columns: Any) -> str:
    """What a program signs requests with, by a key that is made for it."""
    made = keytexts.fresh(keys)
    opens = {"key_prefix": made.prefix, "key_hash": made.hash}
    await save(a_key(owner, **opens | columns))
    return f"Bearer {made.text}"


async def statuses(
    client: httpx.AsyncClient, times: int, asked: Any = CHEAP
) -> Counter[int]:
    """How many of so many requests at once are answered how."""
    answers = await asyncio.gather(
        *(client.post("/graphql", json=asked, timeout=SECONDS) for _ in range(times))
    )
    return Counter(one.status_code for one in answers)


async def counted(database: Database, kind: PeriodKind) -> int:
    """The calls that the database has counted, of all users."""
    rows = visible(SYSTEM, UsageCounter).where(UsageCounter.period_kind == kind)
    total = rows.with_only_columns(sa.func.coalesce(sa.func.sum(UsageCounter.count), 0))
    async with database.read() as session:
        return int(await session.scalar(total) or 0)
