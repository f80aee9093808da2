"""Nobody hears of what happens to another's rows."""

import asyncio
from itertools import count
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from resolvers.access import SYSTEM, Actor
from resolvers.context import Context
from resolvers.models import predicting
from resolvers.monitoring import incidents, points
from resolvers.platform import events
from schema import schema
from schema.ids import spell
from tests.conftest import As, Save, Someone
from tests.contract import TYPES, named
from tests.factories import a_point, everything
from tests.guards import guard, pytest_generate_tests
from tests.mutations import shown

__all__ = ["guard", "pytest_generate_tests"]

FIELDS: dict[str, Any] = TYPES["Subscription"].fields
KINDS = {"analysis": "Analysis"}
"""What an argument of this name is the id of; an `id` is of what is told."""
ORDER = count(1)
PAUSE = 0.2
"""Seconds between two times that everything happens."""


@pytest.fixture
async def theirs(someone: Someone) -> Actor:
    return await someone()


@pytest.fixture
async def rows(save: Save, theirs: Actor) -> dict[str, Any]:
    """A row of everything that somebody else has, by its type."""
    rows = everything(theirs)
    await save(*rows)
    return {type(row).__name__: row for row in rows}


@pytest.mark.parametrize("name", FIELDS)
async def test_what_happens_is_heard_by_its_owner_and_by_nobody_else(
    as_: As, theirs: Actor, rows: dict[str, Any], name: str
) -> None:
    nobodys = {kind: type(row)(id=uuid7()) for kind, row in rows.items()}
    told, _ = await heard(as_(theirs), rows, subscription(name, rows), times=50)
    mine = [
        await heard(as_(), rows, subscription(name, known), times=2)
        for known in (rows, nobodys)
    ]
    assert told
    assert mine[0] == mine[1]
    assert mine[0][0] == []


def subscription(name: str, rows: dict[str, Any]) -> str:
    definition = FIELDS[name]
    kinds = KINDS | {"id": named(definition).name.removesuffix("ProgressPayload")}
    said = [
        f'{one}: "{spell(rows[kinds[one]])}"' for one in definition.args if one in kinds
    ]
    arguments = f"({', '.join(said)})" if said else ""
    below = (
        "id" if "id" in named(definition).fields else " ".join(shown(named(definition)))
    )
    return f"subscription {{ {name}{arguments} {{ {below} }} }}"


async def heard(
    context: Context, rows: dict[str, Any], text: str, *, times: int
) -> tuple[list[Any], bool]:
    """What somebody is told of what happens so often, and whether that has an end."""
    stream: Any = await schema.subscribe(text, context_value=context)
    told: list[Any] = []

    async def listen() -> None:
        async for event in stream:
            told.append((event.data, event.errors))  # noqa: PERF401  until cancelled

    listening = asyncio.create_task(listen())
    for _ in range(times):
        await asyncio.wait({listening}, timeout=PAUSE)
        if told:
            break
        await happen(context, rows)
    ended = listening.done()
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    await stream.aclose()
    return told, ended


async def happen(listener: Context, rows: dict[str, Any]) -> None:
    """All that can happen to rows, told of in every way there is."""
    point = a_point(rows["Analysis"], rows["ReductionResult"], next(ORDER))
    context = Context(listener.equipment, SYSTEM)
    async with context.transaction() as write:
        await write.add(point)
        write.announce(points.topic(rows["Analysis"].id), rows["Analysis"])
        write.announce(f"job.{rows['Job'].id}", rows["Job"])
        write.remember(incidents.CHANGED, rows["Alert"])
        write.remember(points.FOUND, rows["Anomaly"])
        write.remember(predicting.CREATED, rows["Prediction"])
        await events.conclude(write, "x")
