"""What is told as it happens: nothing is missed, and nothing told twice."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from uuid import UUID

import pytest

from resolvers import tails
from resolvers.access import Actor
from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.monitoring import arrivals
from schema import schema
from server.bus import MemoryBus
from tests.conftest import Ask, Listen, Save, Someone
from tests.monitoring.conftest import Machine, a_machine
from tests.monitoring.test_incidents import RESOLVE
from tests.waiting import until

POINTS = """subscription ($id: ID!, $after: Int) {
  monitorPointAdded(analysis: $id, after: $after) { processOrder } }"""
ANOMALIES = """subscription ($id: ID, $after: String) {
  anomalyDetected(analysis: $id, after: $after) { cursor anomaly { processOrder } } }"""
ALERTS = """subscription ($after: String) { alertChanged(after: $after) {
  cursor alert { id status occurrences } } }"""


Waiting = Callable[[AsyncIterator[Any], int], AbstractAsyncContextManager[list[Any]]]
LISTENING = 3
"""Reads after which a listener knows where it begins: it then looks now and then."""


async def some(told: AsyncIterator[Any], count: int) -> list[Any]:
    """The next so many events' data; the test fails if they do not come soon."""
    found: list[Any] = []
    async with asyncio.timeout(20):
        while len(found) < count:
            [data] = (await anext(told)).values()
            found.append(data)
    return found


@pytest.fixture
def waiting(statements: list[str]) -> Waiting:
    """The events that come of what is done meanwhile, once it is done."""

    @asynccontextmanager
    async def waiting(
        told: AsyncIterator[Any], count: int
    ) -> AsyncGenerator[list[Any]]:
        found = list[Any]()
        statements.clear()
        task = asyncio.create_task(some(told, count))
        await until(lambda: len(statements) >= LISTENING, seconds=20)
        yield found
        found += await task

    return waiting


async def nothing_more(told: AsyncIterator[Any]) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await anext(told)


def orders(found: list[Any]) -> list[int]:
    return [one.get("anomaly", one)["processOrder"] for one in found]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for word before looking all the same."""
    for module in (tails, arrivals):
        monkeypatch.setattr(module, "PATIENCE", 0.05)


class Deaf(MemoryBus):
    """A bus that loses everything."""

    async def publish(self, topic: str, owner_id: UUID, row_id: UUID) -> None:
        pass


@pytest.fixture(params=[MemoryBus, Deaf], ids=["bus", "deaf"])
def bus(request: pytest.FixtureRequest, impatient: None) -> MemoryBus:
    return request.param()


async def test_points_are_told_in_order_from_now_on(
    machine: Machine, listen: Listen, waiting: Waiting
) -> None:
    await machine.see("..")
    told = await listen(POINTS, id=machine.analysis)
    async with waiting(told, 153) as found:
        await machine.see("." * 3)
        await machine.see("." * 150)
    assert orders(found) == [*range(2, 155)]
    await nothing_more(told)


async def test_points_after_a_place_are_told_first(
    machine: Machine, listen: Listen, waiting: Waiting
) -> None:
    await machine.see("." * 130)
    told = await listen(POINTS, id=machine.analysis, after=4)
    assert orders(await some(told, 125)) == [*range(5, 130)]
    async with waiting(told, 2) as found:
        await machine.see("..")
    assert orders(found) == [130, 131]


async def test_points_of_somebody_else_are_not_told(
    machine: Machine,
    ask: Ask,
    listen: Listen,
    save: Save,
    someone: Someone,
    tmp_path: Any,
) -> None:
    owner = await someone()

    async def theirs(query: str, **variables: Any) -> Any:
        return await ask(query, owner, **variables)

    other = await a_machine(theirs, save, owner, machine.known, tmp_path)
    told = await listen(POINTS, id=other.analysis, after=-1)
    await other.see("..")
    await nothing_more(told)


async def test_anomalies_are_told_as_they_are_found(
    machine: Machine, listen: Listen, waiting: Waiting
) -> None:
    told = await listen(ANOMALIES)
    async with waiting(told, 3) as found:
        await machine.see(".x..x")
        await machine.see("x.", at=5)
    assert orders(found) == [1, 4, 5]
    assert len({one["cursor"] for one in found}) == 3
    await nothing_more(told)


async def test_anomalies_of_one_analysis_are_told_alone(
    machine: Machine,
    ask: Ask,
    listen: Listen,
    waiting: Waiting,
    save: Save,
    analyst: Actor,
    tmp_path: Any,
) -> None:
    other = await a_machine(ask, save, analyst, machine.known, tmp_path)
    told = await listen(ANOMALIES, id=machine.analysis)
    async with waiting(told, 1) as found:
        await other.see("xxx")
        await machine.see("...x")
    assert orders(found) == [3]


@pytest.mark.parametrize("cut", [0, 1, 3])
async def test_whoever_was_away_is_told_what_was_missed_and_goes_on(
    machine: Machine, listen: Listen, waiting: Waiting, cut: int
) -> None:
    first = await listen(ANOMALIES)
    async with waiting(first, 4) as seen:
        await machine.see("xxxx")
    await machine.see("." * 5 + "x" * 6, at=4)
    again = await listen(ANOMALIES, after=seen[cut]["cursor"])
    missed = await some(again, 3 - cut + 6)
    assert orders(missed) == [*range(cut + 1, 4), *range(9, 15)]
    async with waiting(again, 1) as found:
        await machine.see("x", at=20)
    assert orders(found) == [15]
    await nothing_more(again)


async def test_each_change_of_an_alert_is_told(
    machine: Machine, ask: Ask, listen: Listen, waiting: Waiting
) -> None:
    await machine.rule(window=1, threshold=1)
    told = await listen(ALERTS)
    async with waiting(told, 3) as found:
        await machine.see("x")
        await asyncio.sleep(0.5)
        await machine.see(".x", at=1)
        await asyncio.sleep(0.5)
        [alert] = await machine.alerts()
        await ask(RESOLVE, id=alert["id"])
    assert [(one["alert"]["status"], one["alert"]["occurrences"]) for one in found] == [
        ("ACTIVE", 1),
        ("ACTIVE", 2),
        ("RESOLVED", 2),
    ]
    assert {one["alert"]["id"] for one in found} == {alert["id"]}
    await nothing_more(told)


async def test_no_alert_is_missed_by_whoever_comes_back(
    machine: Machine, ask: Ask, listen: Listen, waiting: Waiting
) -> None:
    rules = [await machine.rule(window=1, threshold=1) for _ in range(3)]
    told = await listen(ALERTS)
    async with waiting(told, 3) as found:
        await machine.see("x")
    assert len(rules) == len(found)
    await machine.see(".x", at=1)
    for alert in await machine.alerts():
        await ask(RESOLVE, id=alert["id"])
    again = await listen(ALERTS, after=found[0]["cursor"])
    caught_up = await some(again, 2 + 3 + 3)
    assert [one["alert"]["status"] for one in caught_up] == ["RESOLVED"] * 8
    assert len({one["cursor"] for one in caught_up}) == 8
    await nothing_more(again)


async def test_a_flood_is_told_whole(
    machine: Machine, listen: Listen, waiting: Waiting
) -> None:
    """More than a queue of the bus holds, while nobody reads."""
    told = await listen(ANOMALIES)
    async with waiting(told, 1) as found:
        await machine.see("x")
    for _ in range(3):
        await machine.see("x" * 200)
    found += await some(told, 600)
    assert orders(found) == [*range(601)]


@pytest.mark.parametrize("after", ["", "x", "-1", "1.5", "9" * 19])
async def test_a_cursor_that_is_none_is_a_bad_request(
    equipment: Equipment, analyst: Actor, after: str
) -> None:
    for query in (ANOMALIES, ALERTS):
        context = Context(equipment, analyst)
        events_: Any = await schema.subscribe(query, {"after": after}, context)
        told = await anext(events_)
        assert [one.extensions["code"] for one in told.errors] == ["BAD_REQUEST"]
        await events_.aclose()
