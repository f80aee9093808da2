"""The catalogue of plans."""

from typing import Any

import orjson
import pytest

from db.models import Tier
from resolvers.access import ANONYMOUS, Actor
from schema import schema
from tests.billing.conftest import Start, plan_id
from tests.conftest import As, Ask

PLANS = """{ plans(orderBy: {field: CREATED_AT, direction: ASC}) { nodes {
  name tier priceCents currency limits apiLimitDaily isActive } } }"""
CREATE = """mutation ($input: PlanCreateInput!) { planCreate(input: $input) {
  plan { id tier version limits } userErrors { code message field } } }"""
UPDATE = """mutation ($input: PlanUpdateInput!) { planUpdate(input: $input) {
  plan { version name limits priceCents } userErrors { code message field } } }"""
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
        (DEACTIVATE, {"id": plan_id(Tier.PRO)}),
    ):
        result: Any = await schema.execute(text, given, as_())
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
        ("apiLimitDaily", -1),
        ("stripePriceId", ""),
    ],
)
async def test_what_will_not_do_is_refused_by_name(
    ask: Ask, admin: Actor, field: str, value: Any
) -> None:
    given = {**NEW, "tier": "PRO", field: value}
    [error] = (await ask(CREATE, admin, input=given))["planCreate"]["userErrors"]
    assert (error["code"], error["field"][0]) == ("INVALID", field)
