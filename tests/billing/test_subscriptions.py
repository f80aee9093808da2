"""Plans are had, changed and given up; of each user one at a time."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from uuid_utils.compat import uuid7

from db.base import utcnow
from db.models import (
    Outcome,
    PeriodKind,
    Plan,
    PlanSubscription,
    SubscriptionStatus,
    Tier,
    User,
)
from db.session import Database
from resolvers.access import SYSTEM, Actor, BaseRole, visible
from resolvers.billing import endings, subscriptions
from resolvers.billing.counters import resets_at
from resolvers.billing.terms import LIVE
from resolvers.context import Context
from resolvers.equipment import Equipment
from schema import schema
from tests.audit.conftest import Chain
from tests.billing.conftest import CANCEL, CHANGE, MINE, START, Start, plan_id
from tests.billing.rows import PLANS, a_subscription
from tests.conftest import As, Ask, Save, Someone

ACTIVE = SubscriptionStatus.ACTIVE
OF_OTHERS = {"PlanCreateInput", "ApiKeyCreateInput"}
"""Inputs with the tier of a plan, or of a key, which has no more than its owner."""


async def test_nobody_has_two_at_a_time_whoever_writes_them(
    save: Save, analyst: Actor
) -> None:
    await save(a_subscription(analyst), a_subscription(analyst))
    await save(a_subscription(analyst, status=ACTIVE))
    for live in LIVE:
        with pytest.raises(IntegrityError):
            await save(a_subscription(analyst, status=live))


async def test_of_ten_starts_at_once_one_takes_effect(
    start: Start, analyst: Actor, ask: Ask
) -> None:
    came = await asyncio.gather(*(start(Tier.PRO, analyst) for _ in range(10)))
    refused = [one["userErrors"][0] for one in came if one["userErrors"]]
    assert {one["code"] for one in refused} == {"CONFLICT"}
    assert len(refused) == 9
    assert (await ask(MINE))["viewer"]["subscription"]["plan"] == {"tier": "PRO"}


async def test_an_administrator_gives_a_plan_and_it_holds_at_once(
    start: Start, analyst: Actor, ask: Ask
) -> None:
    assert (await ask(MINE))["viewer"] == {
        "tier": "FREE",
        "stripeSubscriptionId": None,
        "subscription": None,
    }
    given = await start(Tier.TEAM, analyst)
    assert given["subscription"]["status"] == "ACTIVE"
    assert given["subscription"]["checkoutUrl"] is None
    told = (await ask(MINE))["viewer"]
    assert told["tier"] == "TEAM"
    assert told["subscription"]["id"] == given["subscription"]["id"]


async def test_nobody_has_what_costs_without_paying(
    start: Start, analyst: Actor, ask: Ask
) -> None:
    for tier in (Tier.PRO, Tier.TEAM, Tier.ENTERPRISE):
        [error] = (await start(tier, analyst, by=analyst))["userErrors"]
        assert (error["code"], error["field"]) == ("INVALID", ["plan"])
    assert (await start(Tier.FREE, analyst, by=analyst))["userErrors"] == []
    mine = (await ask(MINE))["viewer"]["subscription"]["id"]
    change = {"id": mine, "plan": plan_id(Tier.TEAM)}
    [error] = (await ask(CHANGE, input=change))["subscriptionChange"]["userErrors"]
    assert error["code"] == "INVALID"
    assert (await ask(MINE))["viewer"]["tier"] == "FREE"


@pytest.mark.parametrize("given", [{"limits": {"datasets": 99}}, {"user": None}])
async def test_only_administrators_agree_on_limits_or_give_plans_to_others(
    as_: As, someone: Someone, given: dict[str, Any]
) -> None:
    other = await someone()
    if "user" in given:
        given = {"user": f"user_{other.user_id.hex if other.user_id else ''}"}
    about = {"input": {"plan": plan_id(Tier.FREE), **given}}
    result = await schema.execute(START, about, as_())
    [error] = result.errors or []
    assert error.extensions == {"code": "FORBIDDEN"}


@pytest.mark.parametrize("role", [BaseRole.VIEWER, BaseRole.USER])
async def test_an_api_key_has_nothing_to_do_with_plans(
    as_: As, analyst: Actor, role: BaseRole
) -> None:
    key = Actor(analyst.user_id, role, key_id=analyst.user_id)
    about = {"input": {"plan": plan_id(Tier.FREE)}}
    result = await schema.execute(START, about, as_(key))
    [error] = result.errors or []
    assert error.extensions == {"code": "FORBIDDEN"}


async def test_a_start_is_not_repeated_under_its_key(
    start: Start, analyst: Actor
) -> None:
    once = [await start(Tier.PRO, analyst, idempotencyKey="k") for _ in range(2)]
    assert [one["idempotencyReplayed"] for one in once] == [False, True]
    assert once[0]["subscription"]["id"] == once[1]["subscription"]["id"]


async def test_given_up_at_once_the_tier_is_free_in_the_same_commit(
    start: Start,
    analyst: Actor,
    ask: Ask,
    chain: Chain,
) -> None:
    id_ = (await start(Tier.PRO, analyst))["subscription"]["id"]
    given = {"id": id_, "atOnce": True}
    came = (await ask(CANCEL, input=given))["subscriptionCancel"]
    assert came["subscription"]["status"] == "CANCELED"
    told = (await ask(MINE))["viewer"]
    assert (told["tier"], told["subscription"]) == ("FREE", None)
    entry = (await chain())[-1]
    assert (entry.action, entry.status) == ("subscriptionCancel", Outcome.SUCCESS)
    noted = {name: row for name, row in entry.payload.items() if "tier" in row}
    assert [row["tier"] for row in noted.values()] == [["pro", "free"]]
    [error] = (await ask(CANCEL, input=given))["subscriptionCancel"]["userErrors"]
    assert error["code"] == "INVALID_TRANSITION"


async def test_given_up_for_later_it_holds_until_then(
    start: Start, analyst: Actor, ask: Ask, equipment: Equipment, database: Database
) -> None:
    id_ = (await start(Tier.PRO, analyst))["subscription"]["id"]
    came = (await ask(CANCEL, input={"id": id_}))["subscriptionCancel"]
    ends = resets_at(PeriodKind.MONTH, utcnow())
    assert came["subscription"]["endsAt"] == f"{ends:%Y-%m-%dT%H:%M:%S.%fZ}"
    assert came["subscription"]["cancelAtPeriodEnd"]
    assert (await ask(MINE))["viewer"]["tier"] == "PRO"
    system = Context(equipment, SYSTEM)
    assert await endings.expire(system) == {"subscriptions": 0}
    await late(database, analyst)
    assert [one["limit"] for one in await limits(ask)] == [5]
    assert await endings.expire(system) == {"subscriptions": 1}
    assert await endings.expire(system) == {"subscriptions": 0}
    told = (await ask(MINE))["viewer"]
    assert (told["tier"], told["subscription"]) == ("FREE", None)


async def late(database: Database, who: Actor) -> None:
    """Have the end of somebody's subscription be in the past."""
    past = utcnow() - timedelta(seconds=5)
    async with database.write.begin() as session:
        rows = sa.update(PlanSubscription).values(
            ends_at=past, started_at=past - timedelta(days=1)
        )
        await session.execute(rows.where(PlanSubscription.owner_id == who.user_id))


async def limits(ask: Ask) -> list[Any]:
    found = await ask("{ viewer { limits { metric limit } } }")
    return [one for one in found["viewer"]["limits"] if one["metric"] == "datasets"]


async def test_what_nobody_pays_for_is_given_up_in_the_end(
    save: Save, analyst: Actor, equipment: Equipment, ask: Ask
) -> None:
    long_ago = utcnow() - timedelta(days=3)
    waits = {"status": SubscriptionStatus.INCOMPLETE, "started_at": long_ago}
    await save(a_subscription(analyst, **waits))
    assert (await ask(MINE))["viewer"]["tier"] == "FREE"
    system = Context(equipment, SYSTEM)
    assert await endings.expire(system) == {"subscriptions": 1}
    assert (await ask(MINE))["viewer"]["subscription"] is None


async def test_another_plan_holds_from_now_on(
    start: Start, analyst: Actor, ask: Ask, admin: Actor
) -> None:
    id_ = (await start(Tier.TEAM, analyst))["subscription"]["id"]
    given = {"id": id_, "plan": plan_id(Tier.PRO), "limits": {"datasets": 7}}
    came = (await ask(CHANGE, admin, input=given))["subscriptionChange"]
    assert came["subscription"]["plan"] == {"tier": "PRO"}
    assert came["subscription"]["limits"] == {"datasets": 7}
    assert (await ask(MINE))["viewer"]["tier"] == "PRO"
    down = {"id": id_, "plan": plan_id(Tier.FREE)}
    came = (await ask(CHANGE, input=down))["subscriptionChange"]
    assert came["userErrors"] == []
    assert came["subscription"]["limits"] is None  # it was agreed on for the other plan
    assert (await ask(MINE))["viewer"]["tier"] == "FREE"


async def test_limits_that_nothing_is_called_are_refused(
    start: Start, analyst: Actor
) -> None:
    for wrong in ({"datasetts": 1}, {"datasets": -1}, {"datasets": 2**40}):
        [error] = (await start(Tier.PRO, analyst, limits=wrong))["userErrors"]
        assert (error["code"], error["field"][0]) == ("INVALID", "limits")


async def test_another_persons_is_not_there(
    start: Start, analyst: Actor, ask: Ask, someone: Someone
) -> None:
    id_ = (await start(Tier.PRO, analyst))["subscription"]["id"]
    other = await someone()
    for text, name, more in (
        (CANCEL, "subscriptionCancel", {"atOnce": True}),
        (CHANGE, "subscriptionChange", {"plan": plan_id(Tier.FREE)}),
    ):
        [error] = (await ask(text, other, input={"id": id_, **more}))[name][
            "userErrors"
        ]
        assert error["code"] == "NOT_FOUND"
    assert (await ask(MINE))["viewer"]["tier"] == "PRO"


def test_nobody_says_themselves_what_tier_they_are_of() -> None:
    for name, one in schema._schema.type_map.items():  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  to see every input
        fields: Any = getattr(one, "fields", {})
        if name.endswith("Input") and name not in OF_OTHERS:
            assert not {"tier", "isAdmin"} & set(fields), name


async def test_a_subscription_ends_after_it_began(save: Save, analyst: Actor) -> None:
    with pytest.raises(IntegrityError):
        await save(a_subscription(analyst, ends_at=utcnow() - timedelta(days=1)))


async def test_a_plan_that_somebody_has_or_had_cannot_be_deleted(
    save: Save, analyst: Actor, database: Database
) -> None:
    await save(a_subscription(analyst))
    pro = sa.delete(Plan).where(Plan.id == PLANS[Tier.PRO])
    async with database.write.begin() as session:
        with pytest.raises(IntegrityError):
            await session.execute(pro)
        await session.rollback()


async def test_the_tier_is_free_until_somebody_says_otherwise(
    database: Database, analyst: Actor
) -> None:
    rows = visible(SYSTEM, User).where(User.id == analyst.user_id)
    async with database.read() as session:
        user: Any = await session.scalar(rows)
    assert user.tier is Tier.FREE


async def test_the_server_itself_gives_the_demo_a_plan(
    equipment: Equipment, analyst: Actor, ask: Ask
) -> None:
    async with Context(equipment, SYSTEM).transaction() as write:
        user = await write.get(User, analyst.user_id or uuid7())
        await subscriptions.give(write, user, Tier.TEAM)
    mine = (await ask(MINE))["viewer"]
    assert (mine["tier"], mine["subscription"]["plan"]) == ("TEAM", {"tier": "TEAM"})
