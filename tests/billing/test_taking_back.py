"""What was given up for later goes on, for whoever says so in time."""

import sqlalchemy as sa

from db.models import Plan, Tier
from db.session import Database
from resolvers.access import Actor
from tests.billing.conftest import CANCEL, CHANGE, MINE, Start, plan_id
from tests.billing.rows import PLANS
from tests.billing.test_subscriptions import late
from tests.conftest import Ask


async def test_what_was_given_up_for_later_is_taken_back(
    start: Start, analyst: Actor, ask: Ask, database: Database
) -> None:
    """Also where nobody else may have the plan any more."""
    id_ = (await start(Tier.PRO, analyst))["subscription"]["id"]
    async with database.write.begin() as session:
        gone = sa.update(Plan).where(Plan.id == PLANS[Tier.PRO])
        await session.execute(gone.values(is_active=False))
    await ask(CANCEL, input={"id": id_})
    given = {"id": id_, "plan": plan_id(Tier.PRO)}
    came = (await ask(CHANGE, input=given))["subscriptionChange"]
    assert came["userErrors"] == []
    shown = came["subscription"]
    assert (shown["cancelAtPeriodEnd"], shown["endsAt"]) == (False, None)
    mine = (await ask(MINE))["viewer"]["subscription"]
    assert (mine["cancelAtPeriodEnd"], mine["plan"]) == (False, {"tier": "PRO"})


async def test_what_has_ended_is_not_taken_back(
    start: Start, analyst: Actor, ask: Ask, database: Database
) -> None:
    id_ = (await start(Tier.PRO, analyst))["subscription"]["id"]
    await ask(CANCEL, input={"id": id_})
    await late(database, analyst)
    given = {"id": id_, "plan": plan_id(Tier.PRO)}
    [error] = (await ask(CHANGE, input=given))["subscriptionChange"]["userErrors"]
    assert (error["code"], error["field"]) == ("INVALID_TRANSITION", ["id"])


async def test_what_an_administrator_ends_nobody_takes_back(
    start: Start, analyst: Actor, ask: Ask, admin: Actor
) -> None:
    id_ = (await start(Tier.TEAM, analyst))["subscription"]["id"]
    await ask(CANCEL, admin, input={"id": id_})
    await ask(CANCEL, input={"id": id_})  # nor by giving it up
    given = {"id": id_, "plan": plan_id(Tier.TEAM)}
    [error] = (await ask(CHANGE, input=given))["subscriptionChange"]["userErrors"]
    assert (error["code"], error["field"]) == ("INVALID", ["plan"])
    assert (await ask(MINE))["viewer"]["subscription"]["endsAt"]
    came = (await ask(CHANGE, admin, input=given))["subscriptionChange"]
    assert came["subscription"]["endsAt"] is None


async def test_limits_alone_take_back_nothing(
    start: Start, analyst: Actor, ask: Ask, admin: Actor
) -> None:
    id_ = (await start(Tier.PRO, analyst))["subscription"]["id"]
    await ask(CANCEL, input={"id": id_})
    given = {"id": id_, "limits": {"datasets": 7}}
    came = (await ask(CHANGE, admin, input=given))["subscriptionChange"]
    assert came["subscription"]["cancelAtPeriodEnd"]
