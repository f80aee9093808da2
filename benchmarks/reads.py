"""What a compiled read gains over a batched one: `python -m benchmarks.reads`.

Twenty rows with five of their children each, read from an SQLite file.
"""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from uuid_utils.compat import uuid7

from db import migrating
from db.models import User
from resolvers.access import Actor, BaseRole
from resolvers.context import Context
from resolvers.equipment import Equipment
from schema import schema
from tests.factories import ROLES, a_dataset, a_rule, an_alert
from tests.worlds import World

PARENTS, CHILDREN, TIMES = 20, 5, 200
QUERY = f"""{{
  alertRules(first: {PARENTS}) {{
    nodes {{
      id name severity createdAt
      alerts(first: {CHILDREN}) {{
        totalCount
        nodes {{ id status severity occurrences triggeredAt rule {{ name }} }}
      }}
    }}
  }}
}}"""


async def filled(equipment: Equipment) -> Actor:
    """Store more rows than are read; gives whose they are."""
    owner = Actor(uuid7(), BaseRole.USER)
    email = f"{uuid7().hex}@example.org"
    dataset = a_dataset(owner)
    rules = [a_rule(dataset) for _ in range(2 * PARENTS)]
    user = User(id=owner.user_id, email=email, role_id=ROLES[BaseRole.USER])
    async with equipment.database.write.begin() as session:
        for rows in (
            [user],
            [dataset],
            rules,
            [an_alert(rule) for rule in rules for _ in range(2 * CHILDREN)],
        ):
            session.add_all(rows)
            await session.flush()
    return owner


async def typical(equipment: Equipment, owner: Actor, *, compiles: bool) -> float:
    """The median of the seconds that a read takes."""
    seconds: list[float] = []
    for _ in range(TIMES):
        context = Context(equipment, owner, compiles=compiles)
        began = time.perf_counter()
        result = await schema.execute(QUERY, context_value=context)
        seconds.append(time.perf_counter() - began)
        assert not result.errors, result.errors
    return statistics.median(seconds)


async def measured(home: Path) -> None:
    world = World(home, None)
    await migrating.upgrade(world.settings.database)
    async with world.here() as equipment:
        owner = await filled(equipment)
        batched = await typical(equipment, owner, compiles=False)
        compiled = await typical(equipment, owner, compiles=True)
    print(f"{PARENTS} rows with {CHILDREN} each: {1e3 * batched:.2f} ms batched")
    print(f"  {1e3 * compiled:.2f} ms compiled, ratio {batched / compiled:.1f}")


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        asyncio.run(measured(Path(home)))


if __name__ == "__main__":
    main()
