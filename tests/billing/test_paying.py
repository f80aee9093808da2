"""Where plans are paid for through Stripe, it is told first."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from db.models import Job, PlanSubscription, SubscriptionStatus, Tier, User
from db.session import Database
from resolvers.access import SYSTEM, Actor, visible
from resolvers.billing import endings
from resolvers.context import Context
from resolvers.equipment import Equipment
from schema import schema
from schema.ids import spell
from server.equipment import equipped
from server.failures import Failure
from server.payments import StripePayments
from server.settings import Settings
from tests.billing.conftest import CANCEL, CHANGE, MINE, START, plan_id
from tests.billing.rows import a_subscription
from tests.billing.stripes import FakeStripe
from tests.billing.telling import priced
from tests.conftest import Save
from tests.server.clients import serving

PAID = {"stripe_subscription_id": "sub_1", "ends_at": None}


@pytest.fixture
def stripe() -> FakeStripe:
    return FakeStripe()


@pytest.fixture
async def context(
    stripe: FakeStripe, equipment: Equipment, analyst: Actor, database: Database
) -> AsyncIterator[Context]:
    """A request where plans are paid for."""
    for tier in (Tier.PRO, Tier.TEAM):
        await priced(database, tier)
    async with serving(stripe.app) as address:
        api = f"http://{address}"
        payments = StripePayments("sk_of_nobody", "https://heliograph.example", api)
        yield Context(replace(equipment, payments=payments), analyst)


async def asked(context: Context, text: str, **given: Any) -> Any:
    result: Any = await schema.execute(text, {"input": given}, context)
    assert not result.errors, result.errors
    [payload] = orjson.loads(orjson.dumps(result.data)).values()
    return payload


async def paid(save: Save, who: Actor) -> PlanSubscription:
    """A subscription that is paid for already."""
    active = SubscriptionStatus.ACTIVE
    return await save(a_subscription(who, status=active, **PAID))


async def test_a_plan_that_costs_is_paid_for_first(
    context: Context, stripe: FakeStripe
) -> None:
    made = await asked(context, START, plan=plan_id(Tier.PRO))
    assert made["userErrors"] == []
    assert made["subscription"]["status"] == "INCOMPLETE"
    assert made["subscription"]["checkoutUrl"].startswith("https://pay.example/cs_")
    [(said, given)] = stripe.asked
    assert said == "POST checkout/sessions"
    assert given["line_items[0][price]"] == "price_pro"
    assert given["mode"] == "subscription"
    assert given["success_url"].startswith("https://heliograph.example/")
    mine = await schema.execute(MINE, context_value=context)
    assert b'"tier":"FREE"' in orjson.dumps(mine.data)


async def test_the_page_is_the_same_however_often_one_asks(
    context: Context, stripe: FakeStripe
) -> None:
    first = await asked(context, START, plan=plan_id(Tier.PRO), idempotencyKey="k")
    again = await asked(context, START, plan=plan_id(Tier.PRO), idempotencyKey="k")
    assert again["idempotencyReplayed"]
    pages = {one["subscription"]["checkoutUrl"] for one in (first, again)}
    assert len(pages) == len(stripe.sessions) == 1


async def test_what_is_given_up_before_it_is_paid_for_cannot_be_paid_any_more(
    context: Context, stripe: FakeStripe
) -> None:
    made = await asked(context, START, plan=plan_id(Tier.PRO))
    gone = await asked(context, CANCEL, id=made["subscription"]["id"])
    assert gone["subscription"]["status"] == "CANCELED"
    assert [one["status"] for one in stripe.sessions.values()] == ["expired"]


async def test_what_has_just_been_paid_for_is_not_given_up_unseen(
    context: Context, stripe: FakeStripe
) -> None:
    made = await asked(context, START, plan=plan_id(Tier.PRO))
    next(iter(stripe.sessions.values()))["status"] = "complete"
    kept = await asked(context, CANCEL, id=made["subscription"]["id"])
    assert [one["code"] for one in kept["userErrors"]] == ["CONFLICT"]


async def test_another_plan_is_another_price_there_and_here(
    context: Context, stripe: FakeStripe, save: Save, analyst: Actor
) -> None:
    row = await paid(save, analyst)
    given = {"id": spell(row), "plan": plan_id(Tier.TEAM)}
    changed = await asked(context, CHANGE, **given)
    assert changed["subscription"]["plan"] == {"tier": "TEAM"}
    assert stripe.asked[-1] == (
        "POST subscriptions/sub_1",
        {
            "cancel_at_period_end": "false",
            "items[0][id]": "si_1",
            "items[0][price]": "price_team",
            "payment_behavior": "error_if_incomplete",
            "proration_behavior": "always_invoice",
        },
    )
    refused = await asked(context, CHANGE, id=spell(row), plan=plan_id(Tier.FREE))
    assert [one["code"] for one in refused["userErrors"]] == ["INVALID"]
    assert len(stripe.asked) == 2


async def test_a_dearer_plan_is_had_once_it_is_paid_for(
    context: Context, stripe: FakeStripe, save: Save, analyst: Actor
) -> None:
    given = {"id": spell(await paid(save, analyst)), "plan": plan_id(Tier.TEAM)}
    stripe.poor = True
    [error] = (await asked(context, CHANGE, **given))["userErrors"]
    assert (error["code"], error["field"]) == ("CONFLICT", ["plan"])
    assert await tier(context) is Tier.FREE
    stripe.poor = False
    assert not (await asked(context, CHANGE, **given))["userErrors"]
    assert await tier(context) is Tier.TEAM


async def test_while_a_payment_is_late_there_is_no_other_plan(
    context: Context, stripe: FakeStripe, save: Save, analyst: Actor
) -> None:
    late = SubscriptionStatus.PAST_DUE
    row = await save(a_subscription(analyst, status=late, **PAID))
    given = {"id": spell(row), "plan": plan_id(Tier.TEAM)}
    [error] = (await asked(context, CHANGE, **given))["userErrors"]
    assert (error["code"], error["field"]) == ("INVALID_TRANSITION", ["plan"])
    assert stripe.asked == []


async def tier(context: Context) -> Tier:
    """The tier of whoever asks."""
    rows = visible(context.actor, User).with_only_columns(User.tier)
    async with context.read() as session:
        return (await session.scalars(rows)).one()


@pytest.mark.parametrize(
    ("at_once", "said", "status"),
    [
        (True, "DELETE subscriptions/sub_1", "CANCELED"),
        (False, "POST subscriptions/sub_1", "ACTIVE"),
    ],
)
async def test_a_subscription_ends_there_and_here(
    context: Context,
    stripe: FakeStripe,
    save: Save,
    analyst: Actor,
    at_once: bool,  # noqa: FBT001
    said: str,
    status: str,
) -> None:
    row = await paid(save, analyst)
    gone = await asked(context, CANCEL, id=spell(row), atOnce=at_once)
    assert gone["subscription"]["status"] == status
    assert stripe.asked[-1][0] == said
    if not at_once:
        assert gone["subscription"]["endsAt"] == "2030-03-17T17:46:40.000000Z"


@pytest.mark.parametrize("tier", [Tier.PRO, Tier.TEAM])
async def test_what_was_given_up_goes_on_there_and_here(
    context: Context, stripe: FakeStripe, save: Save, analyst: Actor, tier: Tier
) -> None:
    row = await paid(save, analyst)
    await asked(context, CANCEL, id=spell(row))
    back = await asked(context, CHANGE, id=spell(row), plan=plan_id(tier))
    assert back["userErrors"] == []
    said, given = stripe.asked[-1]
    assert (said, given["cancel_at_period_end"]) == (
        "POST subscriptions/sub_1",
        "false",
    )
    assert ("items[0][price]" in given) == (tier is Tier.TEAM)
    shown = back["subscription"]
    assert (shown["cancelAtPeriodEnd"], shown["endsAt"]) == (False, None)
    assert shown["plan"] == {"tier": tier.name}


async def test_nothing_changes_here_while_stripe_is_away(
    context: Context, stripe: FakeStripe, save: Save, analyst: Actor
) -> None:
    row, stripe.away = await paid(save, analyst), True
    for text, more in ((CHANGE, {"plan": plan_id(Tier.TEAM)}), (CANCEL, {})):
        given = {"input": {"id": spell(row), **more}}
        result: Any = await schema.execute(text, given, context)
        assert [one.extensions["code"] for one in result.errors] == ["SERVER_BUSY"]
    stripe.away = False
    mine = await context.loaders.row(PlanSubscription).load(row.id)
    assert (mine.status, mine.plan_id) == (row.status, row.plan_id)


async def test_another_persons_is_not_touched_there(
    context: Context, stripe: FakeStripe, save: Save, someone: Any
) -> None:
    row = await paid(save, await someone())
    for text, more in ((CHANGE, {"plan": plan_id(Tier.TEAM)}), (CANCEL, {})):
        refused = await asked(context, text, id=spell(row), **more)
        assert [one["code"] for one in refused["userErrors"]] == ["NOT_FOUND"]
    assert stripe.asked == []


async def test_half_of_stripes_secrets_will_not_do(tmp_path: Any) -> None:
    half = Settings(data=tmp_path, stripe_secret=SecretStr("sk_of_nobody"))
    with pytest.raises(Failure, match="HELIOGRAPH_STRIPE_WEBHOOK_SECRET"):
        async with equipped(half):
            pass


async def test_who_has_left_pays_no_more(
    context: Context, stripe: FakeStripe, save: Save, analyst: Actor, database: Database
) -> None:
    row = await paid(save, analyst)
    system = replace(context, actor=SYSTEM)
    assert await endings.expire(system) == {"subscriptions": 0}
    async with database.write.begin() as session:
        closed = sa.update(User).values(is_active=False)
        await session.execute(closed.where(User.id == analyst.user_id))
    assert await endings.expire(system) == {"subscriptions": 1}
    assert [said for said, _ in stripe.asked] == ["DELETE subscriptions/sub_1"]
    system.loaders.clear()
    now = await system.loaders.row(PlanSubscription).load(row.id)
    assert now.status is SubscriptionStatus.CANCELED


async def test_who_is_deleted_pays_no_more(
    context: Context, stripe: FakeStripe, save: Save, analyst: Actor
) -> None:
    await paid(save, analyst)
    job = Job(arguments={"user_id": str(analyst.user_id)})
    for _ in range(2):
        await endings.leave(replace(context, actor=SYSTEM), job)
    assert [said for said, _ in stripe.asked] == ["DELETE subscriptions/sub_1"]
