"""What a point costs over its bare INSERT: `python -m benchmarks ingest`.

Points come by mutation and as a stream, are scored, stored and judged, and the database
is an SQLite file. All of it but the scoring runs in this process, as the INSERT does.
"""

import asyncio
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from db import migrating
from db.models import MonitorPoint
from resolvers.access import SYSTEM, visible
from resolvers.equipment import Equipment
from tests.crashing import Load, row
from tests.worlds import World, working

POINTS = 10_000
AT_ONCE = {"by_mutation": 1_000, "as_a_stream": 200}
"""Points stored together: as many as a request may have, and as the server takes."""


def points(first: int, count: int) -> list[dict[str, Any]]:
    places = range(first, first + count)
    return [{"values": row(place), "processOrder": place} for place in places]


async def by_mutation(load: Load, first: int) -> None:
    size = AT_ONCE["by_mutation"]
    for place in range(first, first + POINTS, size):
        given = {"analysis": load.watching, "points": points(place, size)}
        done = await load.client.do("monitorPointsIngest", "accepted", **given)
        assert done["accepted"] == size


async def as_a_stream(load: Load, first: int) -> None:
    lines = "\n".join(json.dumps(one) for one in points(first, POINTS))
    answer = await load.client.http.post(
        f"{load.client.url}/analyses/{load.watching}/points",
        content=lines.encode(),
        headers=load.client.headers,
    )
    assert json.loads(answer.text.splitlines()[-1])["accepted"] == POINTS


async def bare(equipment: Equipment, size: int) -> float:
    """Store copies of the points, and nothing else; how many a second."""
    async with equipment.database.read() as session:
        found = await session.scalars(visible(SYSTEM, MonitorPoint).limit(POINTS))
        columns = MonitorPoint.__table__.columns.keys()
        rows = [{name: getattr(one, name) for name in columns} for one in found]
    for number, one in enumerate(rows):
        one |= {"id": uuid7(), "process_order": (size + 10) * POINTS + number}
    began = time.perf_counter()
    for start in range(0, POINTS, size):
        async with equipment.database.write.begin() as session:
            batch = rows[start : start + size]
            await session.execute(sa.insert(MonitorPoint), batch)
    return POINTS / (time.perf_counter() - began)


async def measured(home: Path) -> None:
    world, rates = World(home, None), dict[str, float]()
    await migrating.upgrade(world.settings.database)
    async with world.here() as equipment, working(equipment):
        load = Load(world.client)
        await load.prepare()
        await by_mutation(load, 0)
        for number, way in enumerate((by_mutation, as_a_stream), 1):
            began = time.perf_counter()
            await way(load, number * POINTS)
            rates[way.__name__] = POINTS / (time.perf_counter() - began)
        for name, rate in rates.items():
            plain = await bare(equipment, AT_ONCE[name])
            print(f"{name}: {rate:.0f} points a second")
            print(f"  {plain:.0f} by bare INSERT, ratio {rate / plain:.2f}")


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        asyncio.run(measured(Path(home)))


if __name__ == "__main__":
    main()
