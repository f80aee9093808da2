"""The README's tour runs as it is printed."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from resolvers.context import Context
from resolvers.equipment import Equipment
from schema import schema
from server import demo
from server.app import create_app
from server.authentication import Authentication
from server.demo.loading import WATCH
from server.demo.playing import readings
from server.graphiql.tour import Operation, operations
from server.settings import Settings

README = Path(__file__).parent.parent / "README.md"
TOUR = operations(README.read_text())
SECONDS = 20
URL = "http://heliograph.test"


class Visitor:
    """Somebody who takes the tour over HTTP, and is signed in by its first step."""

    def __init__(self, equipment: Equipment) -> None:
        self._equipment = equipment
        self._app = create_app(equipment, Settings())
        self._bearer: str | None = None

    async def ask(self, step: Operation) -> Any:
        headers = {"authorization": self._bearer} if self._bearer else {}
        transport = httpx.ASGITransport(self._app)
        async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
            body = {"query": step.query, "variables": step.variables}
            answer = await client.post("/graphql", json=body, headers=headers)
        told = answer.json()
        assert "errors" not in told, (step.title, told)
        data = told["data"]
        for payload in data.values():
            assert not payload.get("userErrors"), (step.title, payload)
        if tokens := data.get("login", {}).get("tokens"):
            self._bearer = f"Bearer {tokens['accessToken']}"
        return data

    async def listen(self, step: Operation) -> AsyncIterator[Any]:
        who = await Authentication(self._equipment).authenticate(self._bearer)
        context = Context(self._equipment, who.actor)
        events: Any = await schema.subscribe(step.query, step.variables, context)
        async for event in events:
            assert not event.errors
            yield orjson.loads(orjson.dumps(event.data))


@pytest.fixture
async def visitor(equipment: Equipment) -> Visitor:
    await demo.load(equipment)
    return Visitor(equipment)


async def test_every_step_runs_and_the_alert_arrives(visitor: Visitor) -> None:
    answers: dict[str, Any] = {}
    alert: asyncio.Task[Any] | None = None
    for step in TOUR:
        if step.query.startswith("subscription"):
            alert = asyncio.ensure_future(anext(visitor.listen(step)))
            await asyncio.sleep(0.5)
        else:
            answers[name(step)] = await visitor.ask(step)
    assert alert
    async with asyncio.timeout(SECONDS):
        told = (await alert)["alertChanged"]["alert"]
    assert (told["status"], told["occurrences"]) == ("ACTIVE", 1)
    assert told["rule"]["name"] == "Three of six hours"
    assert answers["SendUsualHours"]["monitorPointsIngest"]["anomalyCount"] == 0
    assert answers["SendTheNight"]["monitorPointsIngest"]["anomalyCount"] == 3
    assert answers["WhatWasFound"]["anomalies"]["totalCount"] == 3
    assert len(answers["WhatWasFound"]["alerts"]["nodes"]) == 1
    assert answers["TakeInHand"]["anomaliesAcknowledge"]["acknowledgedCount"] == 3
    assert answers["WhatHappened"]["auditVerify"]["isWhole"]
    [dataset] = answers["LookAround"]["datasets"]["nodes"]
    assert (dataset["rowCount"], dataset["columnCount"]) == (505, 13)


async def test_the_tour_can_be_taken_again(visitor: Visitor) -> None:
    for _ in range(2):
        for step in TOUR:
            if not step.query.startswith("subscription"):
                await visitor.ask(step)


async def test_the_demo_is_loaded_once(equipment: Equipment) -> None:
    assert await demo.login(equipment) is None
    await demo.load(equipment)
    login = await demo.login(equipment)
    assert login
    assert set(login) == set(
        TOUR[0].variables["input"].values() if TOUR[0].variables else ()
    )
    await demo.load(equipment)


def test_the_readings_are_a_week_of_hours() -> None:
    played = readings()
    assert len(played) == 168
    assert {len(one["values"]) for one in played} == {12}
    assert WATCH.hex in README.read_text()


def name(step: Operation) -> str:
    """What an operation is called in its document."""
    return step.query.split()[1].split("(")[0].strip("{")
