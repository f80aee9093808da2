"""Money is set aside before a call, never beyond a limit, and counted once."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from tests.providers.conftest import Caller, Clock, QuotaOf

AT_ONCE = 50


def passed(payloads: list[Any]) -> list[Any]:
    return [one for one in payloads if not one["userErrors"]]


async def test_what_is_set_aside_is_settled_and_counted(
    caller: Caller, clock: Clock
) -> None:
    id_ = await caller.reserved("0.30")
    assert await caller.used() == []
    clock.move(minutes=1)
    done = await caller.settle(id_, "0.123456", tokensInput=900, tokensOutput=80)
    assert done["userErrors"] == []
    assert done["providerReservation"] == {
        "id": id_,
        "provider": "openai",
        "model": "small",
        "date": "2026-11-20",
        "amount": "0.300000",
        "expiresAt": "2026-11-20T12:10:00.000000Z",
        "settledAt": "2026-11-20T12:01:00.000000Z",
        "actual": "0.123456",
        "version": 2,
    }
    [used] = await caller.used()
    assert used == {
        "provider": "openai",
        "model": "small",
        "date": "2026-11-20",
        "requestsCount": "1",
        "tokensInput": "900",
        "tokensOutput": "80",
        "costUsd": "0.123456",
    }


async def test_sums_of_money_are_exact(caller: Caller) -> None:
    added = await asyncio.gather(*(caller.add("0.1") for _ in range(30)))
    assert all(not one["userErrors"] for one in added)
    assert (await caller.add("0.000001"))["providerUsage"]["costUsd"] == "3.000001"
    [used] = await caller.used()
    assert (used["requestsCount"], used["costUsd"]) == ("31", "3.000001")


async def test_of_fifty_at_a_time_no_more_pass_than_there_is_money(
    caller: Caller, quota: QuotaOf, clock: Clock
) -> None:
    await quota(dailyCostLimit="5")
    made = await asyncio.gather(*(caller.reserve("0.3") for _ in range(AT_ONCE)))
    assert len(passed(made)) == 16
    errors = [one["userErrors"][0] for one in made if one["userErrors"]]
    assert {one["code"] for one in errors} == {"LIMIT_EXCEEDED"}
    limit = {
        "scope": "COST_DAY",
        "metric": "provider_cost",
        "limit": 5,
        "used": 5,
        "remaining": 0,
        "limitUsd": "5.000000",
        "usedUsd": "4.800000",
        "remainingUsd": "0.200000",
        "resetAt": "2026-11-21T00:00:00.000000Z",
        "tier": None,
        "upgradeTo": None,
    }
    assert {**errors[-1], "message": ""} == {
        "code": "LIMIT_EXCEEDED",
        "message": "",
        "field": ["cost"],
        "limit": limit,
    }
    assert errors[-1]["message"] == (
        "the quota is 5.000000 USD a day, and 4.800000 are spent or set aside;"
        " they are counted anew at 2026-11-21T00:00Z"
    )
    assert await caller.limits() == {"COST_DAY": limit}
    assert not (await caller.reserve("0.2"))["userErrors"]


async def test_calls_at_a_time_that_cost_less_than_was_set_aside_exceed_no_limit(
    caller: Caller, quota: QuotaOf, clock: Clock
) -> None:
    await quota(monthlyCostLimit="3")

    async def call() -> bool:
        payload = await caller.reserve("0.5")
        if payload["userErrors"]:
            return False
        id_ = payload["providerReservation"]["id"]
        return not (await caller.settle(id_, "0.25"))["userErrors"]

    made = await asyncio.gather(*(call() for _ in range(AT_ONCE)))
    while await call():
        made.append(True)
    [used] = await caller.used()
    assert Decimal(used["costUsd"]) == Decimal("0.25") * sum(made) == Decimal("2.75")


@pytest.mark.parametrize(
    ("said", "scope", "resets"),
    [
        ({"dailyLimit": 2}, "QUOTA_DAY", "2026-11-21"),
        ({"monthlyLimit": 2}, "QUOTA_MONTH", "2026-12-01"),
        ({"dailyCostLimit": "2"}, "COST_DAY", "2026-11-21"),
        ({"monthlyCostLimit": "2"}, "COST_MONTH", "2026-12-01"),
        ({"dailyLimit": 2, "monthlyCostLimit": "2"}, "QUOTA_DAY", "2026-11-21"),
        ({"dailyCostLimit": "2", "monthlyLimit": 2}, "QUOTA_MONTH", "2026-12-01"),
    ],
)
async def test_the_first_limit_that_is_reached_refuses(
    caller: Caller, quota: QuotaOf, clock: Clock, said: Any, scope: str, resets: str
) -> None:
    assert not (await quota(**said))["userErrors"]
    await caller.settle(await caller.reserved("1"), "1")
    await caller.reserved("1")
    [error] = (await caller.reserve("1"))["userErrors"]
    assert (error["limit"]["scope"], error["limit"]["used"]) == (scope, 2)
    assert error["limit"]["resetAt"] == f"{resets}T00:00:00.000000Z"
    assert error["field"] == ["cost"] * scope.startswith("COST")


async def test_without_a_quota_there_is_no_limit(caller: Caller) -> None:
    made = await asyncio.gather(*(caller.reserve("1000000") for _ in range(5)))
    assert len(passed(made)) == 5
    assert await caller.limits() == {}


async def test_an_expired_reservation_makes_room_and_settled_late_counts(
    caller: Caller, quota: QuotaOf, clock: Clock
) -> None:
    await quota(dailyCostLimit="1")
    id_ = await caller.reserved("1")
    clock.move(minutes=9, seconds=59)
    assert (await caller.reserve("1"))["userErrors"]
    clock.move(seconds=1)
    other = await caller.reserved("1")
    for one in (id_, other):
        assert not (await caller.settle(one, "1"))["userErrors"]
    assert (await caller.used())[0]["costUsd"] == "2.000000"
    assert (await caller.limits())["COST_DAY"]["usedUsd"] == "2.000000"
    assert (await caller.reserve("0"))["userErrors"]


async def test_a_call_counts_in_the_day_in_which_money_was_set_aside(
    caller: Caller, quota: QuotaOf, clock: Clock
) -> None:
    await quota(dailyCostLimit="1", monthlyCostLimit="3")
    clock.move(hours=11, minutes=59)
    id_ = await caller.reserved("1")
    clock.move(minutes=2)
    await caller.reserved("1")
    assert not (await caller.settle(id_, "1"))["userErrors"]
    assert [one["date"] for one in await caller.used()] == ["2026-11-20"]
    used = {scope: one["usedUsd"] for scope, one in (await caller.limits()).items()}
    assert used == {"COST_DAY": "1.000000", "COST_MONTH": "2.000000"}
    clock.move(days=30)
    used = {scope: one["used"] for scope, one in (await caller.limits()).items()}
    assert used == {"COST_DAY": 0, "COST_MONTH": 0}


async def test_of_settlements_at_a_time_one_counts(caller: Caller) -> None:
    id_ = await caller.reserved("1")
    made = await asyncio.gather(*(caller.settle(id_, "0.5") for _ in range(20)))
    assert len(passed(made)) == 1
    assert {one["userErrors"][0]["code"] for one in made if one["userErrors"]} == {
        "CONFLICT"
    }
    assert [one["costUsd"] for one in await caller.used()] == ["0.500000"]


async def test_what_has_happened_is_never_refused(
    caller: Caller, quota: QuotaOf
) -> None:
    await quota(dailyLimit=1, dailyCostLimit="1")
    for _ in range(3):
        given = {"requests": 4, "tokensInput": 7, "tokensOutput": 1}
        assert not (await caller.add("0.75", **given))["userErrors"]
    [used] = await caller.used()
    assert (used["requestsCount"], used["costUsd"]) == ("12", "2.250000")
    assert (used["tokensInput"], used["tokensOutput"]) == ("21", "3")
    told = await caller.limits()
    assert (told["QUOTA_DAY"]["used"], told["QUOTA_DAY"]["remaining"]) == (12, 0)
