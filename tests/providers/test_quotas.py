"""A quota says what somebody may spend, and is shown beforehand."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from uuid_utils.compat import uuid7

from db.models import UserQuota
from resolvers.access import Actor
from schema import schema
from tests.conftest import As, Ask, Save, Someone
from tests.journeys import counted
from tests.providers.conftest import SET, Caller, Clock, QuotaOf, user_id
from tests.providers.rows import a_quota

MINE = """{ viewer { quota {
  dailyLimit monthlyLimit dailyCostLimit monthlyCostLimit version } } }"""


async def test_a_quota_is_set_changed_and_taken_away(
    ask: Ask, quota: QuotaOf, analyst: Actor
) -> None:
    assert (await ask(MINE))["viewer"]["quota"] is None
    done = await quota(dailyLimit=9, monthlyCostLimit="12.5")
    assert (done["userErrors"], done["userQuota"]["version"]) == ([], 1)
    await quota(dailyLimit=None, monthlyLimit=7)
    mine = {
        "dailyLimit": None,
        "monthlyLimit": 7,
        "dailyCostLimit": None,
        "monthlyCostLimit": "12.500000",
        "version": 2,
    }
    assert (await ask(MINE))["viewer"]["quota"] == mine


async def test_every_limit_is_told_beforehand_and_exactly(
    quota: QuotaOf, caller: Caller, clock: Clock
) -> None:
    said: dict[str, Any] = {"dailyLimit": 3, "monthlyLimit": 0}
    await quota(**said, dailyCostLimit="99999999", monthlyCostLimit="0.9")
    await caller.add("0.000001", requests=2)
    told = await caller.limits()
    assert [*told] == ["QUOTA_DAY", "QUOTA_MONTH", "COST_DAY", "COST_MONTH"]
    numbers = [(one["limit"], one["used"], one["remaining"]) for one in told.values()]
    assert numbers == [(3, 2, 1), (0, 2, 0), (99999999, 1, 99999998), (0, 1, 0)]
    exact = [(one["limitUsd"], one["remainingUsd"]) for one in told.values()]
    assert exact == [
        (None, None),
        (None, None),
        ("99999999.000000", "99999998.999999"),
        ("0.900000", "0.899999"),
    ]


async def test_sets_at_a_time_make_one_quota(
    quota: QuotaOf, caller: Caller, equipment: Any
) -> None:
    limits = range(1, 11)
    made = await asyncio.gather(*(quota(dailyLimit=one) for one in limits))
    versions = sorted(one["userQuota"]["version"] for one in made)
    assert versions == [*limits]
    assert await counted(equipment.database, UserQuota) == 1


async def test_a_version_that_was_not_seen_is_a_conflict(quota: QuotaOf) -> None:
    assert not (await quota(dailyLimit=1, expectedVersion=0))["userErrors"]
    for wrong in (0, 2):
        [error] = (await quota(dailyLimit=2, expectedVersion=wrong))["userErrors"]
        assert (error["code"], error["field"]) == ("CONFLICT", ["expectedVersion"])
    assert not (await quota(dailyLimit=2, expectedVersion=1))["userErrors"]


@pytest.mark.parametrize(
    "said",
    [
        {"dailyLimit": -1},
        {"monthlyLimit": -1},
        {"dailyCostLimit": "-0.5"},
        {"dailyCostLimit": "100000000"},
        {"monthlyCostLimit": "0.0000001"},
    ],
)
async def test_what_cannot_be_a_limit_is_refused(quota: QuotaOf, said: Any) -> None:
    [error] = (await quota(**said))["userErrors"]
    assert (error["code"], error["field"]) == ("INVALID", [*said])


async def test_only_an_administrator_who_is_there_sets_a_quota(
    as_: As, ask: Ask, analyst: Actor, admin: Actor, someone: Someone
) -> None:
    other = await someone()
    for actor in (analyst, replace(admin, key_id=uuid7())):
        for user in (analyst, other):
            given = {"user": user_id(user), "dailyLimit": 1}
            result = await schema.execute(SET, {"i": given}, context_value=as_(actor))
            [error] = result.errors or []
            assert (error.extensions or {})["code"] == "FORBIDDEN"


async def test_nobody_has_a_quota_who_is_not_there(ask: Ask, admin: Actor) -> None:
    given = {"user": f"user_{uuid7().hex}", "dailyLimit": 1}
    [error] = (await ask(SET, admin, i=given))["userQuotaSet"]["userErrors"]
    assert (error["code"], error["field"]) == ("NOT_FOUND", ["user"])


async def test_the_limit_of_an_administrator_holds_too(
    ask: Ask, admin: Actor, quota: QuotaOf
) -> None:
    await quota(admin, dailyLimit=1)
    caller = Caller(ask, admin)
    await caller.reserved("1")
    assert (await caller.reserve("1"))["userErrors"]
    assert (await caller.limits())["QUOTA_DAY"]["used"] == 1


async def test_the_database_has_one_quota_of_each_and_none_below_nothing(
    save: Save, analyst: Actor, someone: Someone
) -> None:
    await save(a_quota(analyst))
    for wrong in (a_quota(analyst), a_quota(await someone(), daily_limit=-1)):
        with pytest.raises(IntegrityError):
            await save(wrong)


async def test_an_amount_that_cannot_be_kept_is_not_rounded(
    save: Save, analyst: Actor
) -> None:
    with pytest.raises(Exception, match="at most six decimals"):
        await save(a_quota(analyst, daily_cost_limit=Decimal("0.0000001")))
