"""The catalogue of plans."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from db.models import Tier
from resolvers.access import ANONYMOUS, Actor, Permission
from schema import schema
from tests.billing.conftest import CANCEL, Start, plan_id
from tests.conftest import As, Ask

PLANS = """{ plans(orderBy: {field: CREATED_AT, direction: ASC}) { nodes {
  name tier priceCents currency limits apiLimitDaily isActive } } }"""
CREATE = """mutation ($input: PlanCreateInput!) { planCreate(input: $input) {
  plan { id tier version limits } userErrors { code message field } } }"""
UPDATE = """mutation ($input: PlanUpdateInput!) { planUpdate(input: $input) {
  plan { version name limits priceCents } userErrors { code message field } } }"""
ACTIVATE = """mutation ($id: ID!) { planActivate(input: {id: $id}) {
  plan { isActive } userErrors { code message field } } }"""
DEACTIVATE = """mutation ($id: ID!) { planDeactivate(input: {id: $id}) {
  plan { isActive } userErrors { code message } } }"""
NEW = {"name": "Pro 2027", "tier": "PRO", "priceCents": 3900}


async def test_strangers_see_what_there_is_and_what_it_costs(ask: Ask) -> None:
    told = (await ask(PLANS, ANONYMOUS))["plans"]["nodes"]
    assert [one["tier"] for one in told] == ["FREE", "PRO", "TEAM", "ENTERPRISE"]
    assert [one["priceCents"] for one in told] == [0, 2900, 9900, None]
    assert told[0]["limits"] == {
        "datasets": 5,
        "ai_messages": 50,
        "reports": 3,
        "collaborators": 3,
        "data_connections": 5,
    }
    assert told[1]["limits"] == {"collaborators": 3, "data_connections": 5}
    assert (told[2]["limits"], told[3]["limits"]) == ({"data_connections": 10}, {})


@pytest.mark.parametrize("compiles", [True, False])
async def test_both_executions_show_strangers_the_same(
    as_: As,
    compiles: bool,  # noqa: FBT001
) -> None:
    context = as_(ANONYMOUS, compiles=compiles)
    result = await schema.execute(PLANS, context_value=context)
    assert not result.errors
    assert len(orjson.loads(orjson.dumps(result.data))["plans"]["nodes"]) == 4


async def test_users_change_no_plans(as_: As) -> None:
    for text, given in (
        (CREATE, {"input": NEW}),
        (UPDATE, {"input": {"id": plan_id(Tier.PRO), "name": "Mine"}}),
        (ACTIVATE, {"id": plan_id(Tier.PRO)}),
        (DEACTIVATE, {"id": plan_id(Tier.PRO)}),
    ):
        result: Any = await schema.execute(text, given, as_())
        assert [one.extensions for one in result.errors] == [{"code": "FORBIDDEN"}]


async def test_whoever_does_not_see_everybody_changes_no_plans_of_theirs(
    as_: As, analyst: Actor
) -> None:
    """Whatever they are permitted; and so on both databases."""
    permitted = analyst.permissions | {Permission.MANAGE_BILLING}
    context = as_(replace(analyst, granted=permitted))
    result: Any = await schema.execute(CREATE, {"input": NEW}, context)
    assert [one.extensions for one in result.errors] == [{"code": "FORBIDDEN"}]


async def test_of_each_tier_one_is_to_be_had(ask: Ask, admin: Actor) -> None:
    [error] = (await ask(CREATE, admin, input=NEW))["planCreate"]["userErrors"]
    assert (error["code"], error["field"]) == ("CONFLICT", ["tier"])
    gone = await ask(DEACTIVATE, admin, id=plan_id(Tier.PRO))
    assert gone["planDeactivate"]["plan"] == {"isActive": False}
    made = (await ask(CREATE, admin, input=NEW))["planCreate"]
    assert made["userErrors"] == []
    again = {**NEW, "tier": "TEAM"}
    [error] = (await ask(CREATE, admin, input=again))["planCreate"]["userErrors"]
    assert error["code"] == "CONFLICT"


async def test_whoever_has_a_plan_of_the_past_keeps_it(
    ask: Ask, admin: Actor, start: Start, analyst: Actor
) -> None:
    await start(Tier.PRO, analyst)
    await ask(DEACTIVATE, admin, id=plan_id(Tier.PRO))
    mine = await ask("{ viewer { tier subscription { plan { name isActive } } } }")
    assert mine["viewer"]["tier"] == "PRO"
    assert mine["viewer"]["subscription"]["plan"] == {"name": "Pro", "isActive": False}
    other = (await start(Tier.PRO, admin))["userErrors"]
    assert [one["code"] for one in other] == ["CONFLICT"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("priceCents", 1900), ("currency", "EUR"), ("stripePriceId", "price_other")],
)
async def test_the_price_of_a_plan_that_somebody_has_stays(
    ask: Ask, admin: Actor, start: Start, analyst: Actor, field: str, value: Any
) -> None:
    given = {"id": plan_id(Tier.PRO), field: value}
    subscription = (await start(Tier.PRO, analyst))["subscription"]["id"]
    [error] = (await ask(UPDATE, admin, input=given))["planUpdate"]["userErrors"]
    assert (error["code"], error["field"]) == ("CONFLICT", [field])
    same = {**given, "priceCents": 2900, "currency": "USD", "stripePriceId": None}
    renamed = {**same, "name": "Professional"}
    assert not (await ask(UPDATE, admin, input=renamed))["planUpdate"]["userErrors"]
    await ask(CANCEL, input={"id": subscription, "atOnce": True})
    assert not (await ask(UPDATE, admin, input=given))["planUpdate"]["userErrors"]


async def test_another_price_is_another_plan_of_the_same_name(
    ask: Ask, admin: Actor, start: Start, analyst: Actor
) -> None:
    await start(Tier.PRO, analyst)
    await ask(DEACTIVATE, admin, id=plan_id(Tier.PRO))
    again = {"name": "Pro", "tier": "PRO", "priceCents": 3900}
    made = (await ask(CREATE, admin, input=again))["planCreate"]
    assert made["userErrors"] == []
    before = (await ask(ACTIVATE, admin, id=plan_id(Tier.PRO)))["planActivate"]
    [error] = before["userErrors"]
    assert (error["code"], error["field"]) == ("CONFLICT", ["id"])
    assert "is to be had; deactivate that" in error["message"]
    await ask(DEACTIVATE, admin, id=made["plan"]["id"])
    came = (await ask(ACTIVATE, admin, id=plan_id(Tier.PRO)))["planActivate"]
    assert (came["plan"], came["userErrors"]) == ({"isActive": True}, [])


async def test_a_plan_of_a_name_that_another_has_got_stays_in_the_past(
    ask: Ask, admin: Actor
) -> None:
    await ask(DEACTIVATE, admin, id=plan_id(Tier.PRO))
    given = {"id": plan_id(Tier.TEAM), "name": "Pro"}
    assert not (await ask(UPDATE, admin, input=given))["planUpdate"]["userErrors"]
    came = (await ask(ACTIVATE, admin, id=plan_id(Tier.PRO)))["planActivate"]
    assert [one["code"] for one in came["userErrors"]] == ["CONFLICT"]
    assert "another plan of the name Pro" in came["userErrors"][0]["message"]


async def test_as_many_operations_are_allowed_as_can_be_told(
    ask: Ask, admin: Actor
) -> None:
    for given in ("3000000000", 3_000_000_000):
        new = {**NEW, "tier": "PRO", "id": plan_id(Tier.PRO), "apiLimitDaily": given}
        del new["tier"]
        changed = (await ask(UPDATE, admin, input=new))["planUpdate"]
        assert changed["userErrors"] == []
    told = (await ask(PLANS, ANONYMOUS))["plans"]["nodes"]
    assert told[1]["apiLimitDaily"] == "3000000000"


async def test_the_plans_that_are_brought_say_whom_they_are_for(ask: Ask) -> None:
    told = await ask("{ plans { nodes { description } } }", ANONYMOUS)
    assert all(one["description"] for one in told["plans"]["nodes"])


async def test_the_free_plan_stays(ask: Ask, admin: Actor) -> None:
    came = await ask(DEACTIVATE, admin, id=plan_id(Tier.FREE))
    assert came["planDeactivate"]["userErrors"][0]["code"] == "CONFLICT"


async def test_a_plan_is_changed_for_everybody_who_has_it(
    ask: Ask, admin: Actor
) -> None:
    given = {"id": plan_id(Tier.FREE), "limits": {"datasets": 1}, "expectedVersion": 1}
    changed = (await ask(UPDATE, admin, input=given))["planUpdate"]["plan"]
    assert (changed["version"], changed["name"]) == (2, "Free")
    limits = (await ask("{ viewer { limits { metric limit } } }"))["viewer"]["limits"]
    assert {"metric": "datasets", "limit": 1} in limits
    [error] = (await ask(UPDATE, admin, input=given))["planUpdate"]["userErrors"]
    assert error["code"] == "CONFLICT"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("currency", "usd"),
        ("priceCents", -1),
        ("limits", {"datasetts": 1}),
        ("limits", {"datasets": "5"}),
        ("limits", {"datasets": True}),
        ("limits", [1]),
        ("features", [1]),
        ("apiLimitDaily", "-1"),
        ("apiLimitMonthly", str(10**15)),
        ("stripePriceId", ""),
    ],
)
async def test_what_will_not_do_is_refused_by_name(
    ask: Ask, admin: Actor, field: str, value: Any
) -> None:
    given = {**NEW, "tier": "PRO", field: value}
    [error] = (await ask(CREATE, admin, input=given))["planCreate"]["userErrors"]
    assert (error["code"], error["field"][0]) == ("INVALID", field)
