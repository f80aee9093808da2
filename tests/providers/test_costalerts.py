"""Each of the six thresholds of cost is told once in its period."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from resolvers.access import Actor
from tests.conftest import Ask, Listen, Save, Someone
from tests.providers.conftest import Caller, Clock, QuotaOf
from tests.providers.rows import a_cost_alert

TYPES = [f"{of}_{share}" for of in ("DAILY", "MONTHLY") for share in (80, 90, 100)]
ALERTS = """{ alerts(first: 100, filter: {source: {eq: COST}}) { nodes {
  id status severity occurrences costAlertType thresholdPercentage data
  rule { id } dataset { id } triggeredAt } } }"""
RESOLVE = """mutation ($id: ID!) { alertResolve(input: {id: $id}) {
  alert { status } userErrors { code } } }"""
ACKNOWLEDGE = RESOLVE.replace("alertResolve", "alertAcknowledge")
CHANGED = """subscription { alertChanged(after: "0") { alert {
  costAlertType thresholdPercentage source } } }"""
AT_ONCE = 50


@pytest.fixture
def told(ask: Ask) -> Any:
    """The alerts of cost that somebody has."""

    async def told(*who: Actor) -> list[Any]:
        return (await ask(ALERTS, *who))["alerts"]["nodes"]

    return told


def types(alerts: list[Any]) -> Counter[str]:
    return Counter(one["costAlertType"] for one in alerts)


async def test_of_fifty_at_a_time_each_threshold_is_told_once(
    caller: Caller, quota: QuotaOf, told: Any, clock: Clock
) -> None:
    await quota(dailyCostLimit="5", monthlyCostLimit="5")
    some = (caller.add("0.1", model=f"{n % 7}") for n in range(AT_ONCE))
    assert all(not one["userErrors"] for one in await asyncio.gather(*some))
    alerts = await told()
    assert types(alerts) == Counter(TYPES)
    for one in alerts:
        _, _, percent = one["costAlertType"].partition("_")
        assert one["thresholdPercentage"] == int(percent)
        assert one["data"]["limit"] == "5.000000"
        spent = Decimal(5) * int(percent) / 100
        assert Decimal(one["data"]["spent"]) == spent
        assert (one["rule"], one["dataset"]) == (None, None)
        assert (one["status"], one["occurrences"]) == ("ACTIVE", 1)
    assert {one["severity"] for one in alerts} == {"MEDIUM", "HIGH", "CRITICAL"}
    assert {one["data"]["period"] for one in alerts} == {"2026-11-20", "2026-11"}


async def test_of_fifty_calls_at_a_time_each_threshold_is_told_once(
    caller: Caller, quota: QuotaOf, told: Any, clock: Clock
) -> None:
    await quota(dailyCostLimit="5", monthlyCostLimit="10")

    async def call() -> None:
        payload = await caller.reserve("0.2")
        if reserved := payload["providerReservation"]:
            await caller.settle(reserved["id"], "0.2")

    await asyncio.gather(*(call() for _ in range(AT_ONCE)))
    assert types(await told()) == Counter(TYPES[:3])


async def test_what_is_over_is_not_told_again_in_its_period_but_in_the_next(
    caller: Caller, quota: QuotaOf, told: Any, ask: Ask, clock: Clock
) -> None:
    await quota(dailyCostLimit="1", monthlyCostLimit="3")
    await caller.add("1")
    assert types(await told()) == Counter(TYPES[:3])
    for one in await told():
        assert not (await ask(RESOLVE, id=one["id"]))["alertResolve"]["userErrors"]
    await caller.add("0.1")
    assert types(await told()) == Counter(TYPES[:3])
    clock.move(days=1)
    await caller.add("0.95")
    assert types(await told()) == Counter(TYPES[:3] + TYPES[:2])
    clock.move(days=1)
    await caller.add("0.95")
    assert types(await told()) == Counter(TYPES[:3] + 2 * TYPES[:2] + TYPES[3:])
    clock.now = datetime(2026, 12, 1, tzinfo=UTC)
    await caller.add("3")
    assert types(await told()) == Counter(2 * TYPES + 2 * TYPES[:2])


async def test_an_alert_of_cost_is_heard_of_taken_in_hand_and_resolved(
    caller: Caller, quota: QuotaOf, told: Any, ask: Ask, listen: Listen
) -> None:
    await quota(monthlyCostLimit="1")
    await caller.add("0.85")
    events = await listen(CHANGED)
    await caller.add("0.15")
    async with asyncio.timeout(30):
        heard = [(await anext(events))["alertChanged"]["alert"] for _ in range(3)]
    assert [one["costAlertType"] for one in heard] == TYPES[3:]
    assert heard[0] == {
        "costAlertType": "MONTHLY_80",
        "thresholdPercentage": 80,
        "source": "COST",
    }
    [alert, *_] = await told()
    taken = (await ask(ACKNOWLEDGE, id=alert["id"]))["alertAcknowledge"]
    assert taken["alert"]["status"] == "ACKNOWLEDGED"
    over = (await ask(RESOLVE, id=alert["id"]))["alertResolve"]
    assert over["alert"]["status"] == "RESOLVED"


async def test_what_is_only_set_aside_is_not_told(
    caller: Caller, quota: QuotaOf, told: Any
) -> None:
    await quota(dailyCostLimit="1")
    id_ = await caller.reserved("1")
    assert await told() == []
    await caller.settle(id_, "0.8")
    assert types(await told()) == Counter(TYPES[:1])


async def test_a_limit_that_is_lowered_is_told_at_once(
    caller: Caller, quota: QuotaOf, told: Any
) -> None:
    await caller.add("1")
    assert await told() == []
    await quota(dailyCostLimit="1.05")
    assert types(await told()) == Counter(TYPES[:2])
    await quota(dailyCostLimit="1")
    await quota(dailyCostLimit="0.9")
    assert types(await told()) == Counter(TYPES[:3])


async def test_where_nothing_may_be_spent_nothing_spent_is_not_told(
    caller: Caller, quota: QuotaOf, told: Any
) -> None:
    await quota(dailyCostLimit="0")
    await caller.add("0")
    assert await told() == []
    await caller.add("0.000001")
    assert types(await told()) == Counter(TYPES[:3])


async def test_what_is_settled_late_is_told_of_its_own_day(
    caller: Caller, quota: QuotaOf, told: Any, clock: Clock
) -> None:
    await quota(dailyCostLimit="1")
    id_ = await caller.reserved("1")
    clock.move(days=3)
    await caller.settle(id_, "1")
    assert {one["data"]["period"] for one in await told()} == {"2026-11-20"}
    assert types(await told()) == Counter(TYPES[:3])


async def test_nobody_is_told_what_another_spends(
    caller: Caller, quota: QuotaOf, told: Any, someone: Someone
) -> None:
    other = await someone()
    await quota(dailyCostLimit="1")
    await quota(other, dailyCostLimit="1")
    await caller.add("1")
    assert await told(other) == []


async def test_the_database_knows_what_was_told_and_what_an_alert_of_cost_says(
    save: Save, analyst: Actor
) -> None:
    alert = await save(a_cost_alert(analyst, status="resolved"))
    for wrong in (
        a_cost_alert(analyst, fingerprint=alert.fingerprint),
        a_cost_alert(analyst, cost_alert_type=None),
        a_cost_alert(analyst, threshold_percentage=None),
        a_cost_alert(analyst, source="system"),
    ):
        with pytest.raises(IntegrityError):
            await save(wrong)
