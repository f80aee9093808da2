"""Who may say what of calls, and what becomes of what cannot be."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from resolvers.access import Actor, BaseRole, Permission
from schema import schema
from tests.audit.conftest import Chain
from tests.conftest import As, Ask, Save, Someone
from tests.providers.conftest import ADD, RESERVE, Caller, QuotaOf, user_id
from tests.providers.rows import a_usage

MANUAL = Path(__file__).parents[2] / "docs" / "accounts.md"


async def test_under_a_key_of_idempotency_it_counts_once(caller: Caller) -> None:
    keyed = {"idempotencyKey": "once"}
    made = await asyncio.gather(*(caller.reserve("0.5", **keyed) for _ in range(9)))
    assert len({one["providerReservation"]["id"] for one in made}) == 1
    assert sum(not one["idempotencyReplayed"] for one in made) == 1
    for _ in range(3):
        await caller.add("0.5", **keyed)
    assert [one["costUsd"] for one in await caller.used()] == ["0.500000"]
    [error] = (await caller.reserve("0.6", **keyed))["userErrors"]
    assert error["code"] == "IDEMPOTENCY_MISMATCH"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"cost": "-0.01"}, "cost"),
        ({"cost": "0.1234567"}, "cost"),
        ({"cost": "0." + "1" * 20}, "cost"),
        ({"cost": "1000000.000001"}, "cost"),
        ({"cost": "9" * 30}, "cost"),
        ({"provider": " "}, "provider"),
        ({"provider": "x" * 101}, "provider"),
        ({"model": ""}, "model"),
        ({"model": "x" * 256}, "model"),
        ({"requests": -1}, "requests"),
        ({"tokensInput": -1}, "tokensInput"),
        ({"tokensOutput": -1}, "tokensOutput"),
    ],
)
async def test_what_cannot_be_is_refused(
    ask: Ask, caller: Caller, given: Any, field: str
) -> None:
    usual = {"provider": "openai", "model": "small", "cost": "1"}
    asked = [(ADD, "providerUsageAdd")]
    asked += [(RESERVE, "providerCallReserve")] * (field in usual)
    for text, name in asked:
        [error] = (await ask(text, i=usual | given))[name]["userErrors"]
        assert (error["code"], error["field"]) == ("INVALID", [field])
    assert await caller.used() == []


@pytest.mark.parametrize(
    "cost", ["NaN", "Infinity", "1e3", "", "0x1", "٣", "1" * 31, 0.5, True, [], {}]
)
async def test_what_is_no_decimal_is_no_cost(as_: As, cost: Any) -> None:
    given = {"provider": "openai", "model": "small", "cost": cost}
    result = await schema.execute(RESERVE, {"i": given}, context_value=as_())
    assert "$i" in str((result.errors or [])[0])


async def test_a_cost_may_be_a_whole_number_and_any_number_of_dollars(
    ask: Ask, caller: Caller
) -> None:
    given = {"provider": " openai ", "model": "small", "cost": 3}
    made = (await ask(RESERVE, i=given))["providerCallReserve"]["providerReservation"]
    assert (made["amount"], made["provider"]) == ("3.000000", "openai")
    most = await caller.reserve("1000000")
    assert most["providerReservation"]["amount"] == "1000000.000000"


async def test_nobody_settles_what_another_has_set_aside(
    caller: Caller, ask: Ask, someone: Someone, admin: Actor
) -> None:
    id_ = await caller.reserved("1")
    for other in (await someone(), admin):
        [error] = (await Caller(ask, other).settle(id_, "1"))["userErrors"]
        assert (error["code"], error["field"]) == ("NOT_FOUND", ["id"])
    assert not (await caller.settle(id_, "1"))["userErrors"]


async def test_one_persons_calls_leave_anothers_quota_alone(
    caller: Caller, quota: QuotaOf, ask: Ask, someone: Someone, save: Save
) -> None:
    other = await someone()
    await save(a_usage(other, cost_usd=Decimal(100)))
    await quota(dailyCostLimit="1")
    await quota(other, dailyCostLimit="1")
    assert not (await caller.reserve("1"))["userErrors"]
    assert (await Caller(ask, other).reserve("0"))["userErrors"]


async def test_a_key_calls_providers_by_its_scope(
    ask: Ask, as_: As, analyst: Actor, caller: Caller, someone: Someone
) -> None:
    may, lacks = (
        replace(analyst, key_id=uuid7(), granted=frozenset({scope}))
        for scope in (Permission.CALL_PROVIDERS, Permission.PREDICT)
    )
    id_ = await Caller(ask, may).reserved("1")
    assert not (await Caller(ask, may).settle(id_, "1"))["userErrors"]
    assert not (await Caller(ask, may).add("1"))["userErrors"]
    for other in (lacks, await someone(BaseRole.VIEWER)):
        given = {"provider": "openai", "model": "small", "cost": "1"}
        for text in (RESERVE, ADD):
            result = await schema.execute(text, {"i": given}, context_value=as_(other))
            [error] = result.errors or []
            assert (error.extensions or {})["code"] == "FORBIDDEN"
    assert [one["costUsd"] for one in await caller.used()] == ["2.000000"]


async def test_every_call_and_every_refusal_is_one_entry_of_the_audit(
    caller: Caller, quota: QuotaOf, chain: Chain, analyst: Actor
) -> None:
    await quota(dailyCostLimit="1")
    id_ = await caller.reserved("1")
    await caller.reserve("1")
    await caller.settle(id_, "0.5")
    await caller.add("0.25")
    mine = [one for one in await chain() if one.actor_id == analyst.user_id]
    assert [(one.action, str(one.status)) for one in mine] == [
        ("providerCallReserve", "success"),
        ("providerCallReserve", "failure"),
        ("providerCallSettle", "success"),
        ("providerUsageAdd", "success"),
    ]
    row = f"provider_reservation_{id_.rpartition('_')[2]}"
    assert mine[0].payload[row]["amount"] == [None, "1.000000"]
    assert mine[2].payload[row]["actual"] == [None, "0.500000"]
    [usage] = mine[3].payload.values()
    assert usage["cost_usd"] == ["0.500000", "0.750000"]


async def test_the_operations_of_the_manual_run(
    ask: Ask, analyst: Actor, admin: Actor
) -> None:
    section = MANUAL.read_text().split("## Spending\n")[1].split("\n## ")[0]
    set_, reserve, settle, add, read = (
        one for one in section.splitlines() if one.startswith("    ")
    )
    await ask(set_.replace("user_…", user_id(analyst)), admin)
    reserved = (await ask(reserve))["providerCallReserve"]
    id_ = reserved["providerReservation"]["id"]
    settle = settle.replace("provider_reservation_…", id_)
    settled = (await ask(settle))["providerCallSettle"]
    added = (await ask(add))["providerUsageAdd"]
    assert not settled["userErrors"] + added["userErrors"]
    mine = (await ask(read))["viewer"]
    assert mine["quota"] == {"dailyCostLimit": "5.000000"}
    assert [one["costUsd"] for one in mine["providerUsage"]["nodes"]] == ["0.053100"]
