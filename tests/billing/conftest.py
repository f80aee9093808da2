"""People with and without plans, and a Stripe of our own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.routing import Route

from db.models import Plan, PlanSubscription, SubscriptionStatus, Tier
from db.session import Database
from resolvers.access import Actor, BaseRole
from resolvers.billing.plans import CALLS
from resolvers.equipment import Equipment
from schema.ids import spell
from server.stripe import webhook
from tests.audit.conftest import chain
from tests.billing.rows import PLANS, a_subscription
from tests.billing.stripes import SECRET
from tests.billing.telling import priced
from tests.conftest import Ask, Save, Someone

__all__ = ["chain"]
ERRORS = "userErrors { code message field }"
SHOWN = """subscription { id status plan { tier } startedAt endsAt cancelAtPeriodEnd
  checkoutUrl limits stripeSubscriptionId }"""
START = f"""mutation ($input: SubscriptionStartInput!) {{
  subscriptionStart(input: $input) {{ {SHOWN} {ERRORS} idempotencyReplayed }} }}"""
CHANGE = f"""mutation ($input: SubscriptionChangeInput!) {{
  subscriptionChange(input: $input) {{ {SHOWN} {ERRORS} }} }}"""
CANCEL = f"""mutation ($input: SubscriptionCancelInput!) {{
  subscriptionCancel(input: $input) {{ {SHOWN} {ERRORS} }} }}"""
MINE = """{ viewer { tier stripeSubscriptionId
  subscription { id status plan { tier } endsAt cancelAtPeriodEnd } } }"""
Start = Callable[..., Awaitable[Any]]


def plan_id(tier: Tier) -> str:
    return spell(Plan(id=PLANS[tier]))


@pytest.fixture
async def admin(someone: Someone) -> Actor:
    return await someone(BaseRole.ADMIN)


@pytest.fixture
async def plans(database: Database) -> AsyncIterator[Any]:
    """Say how many calls the plan of a tier has; it is as before after the test."""

    async def say(tier: Tier, **limits: int | None) -> None:
        async with database.write.begin() as session:
            plan = sa.update(Plan).where(Plan.tier == tier)
            await session.execute(plan.values(limits))

    yield say
    for tier in Tier:
        await say(tier, **dict.fromkeys(CALLS))


@pytest.fixture
def start(ask: Ask, admin: Actor) -> Start:
    """Have somebody be given a plan, as its payload tells."""

    async def start(tier: Tier, who: Actor, by: Actor = admin, **more: Any) -> Any:
        given = {"plan": plan_id(tier), **more}
        if by != who:
            given["user"] = f"user_{who.user_id.hex}" if who.user_id else None
        return (await ask(START, by, input=given))["subscriptionStart"]

    return start


@pytest.fixture
async def http(equipment: Equipment) -> AsyncIterator[httpx.AsyncClient]:
    answer = webhook(equipment, SECRET)
    app = Starlette(routes=[Route("/webhooks/stripe", answer, methods=["POST"])])
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as http:
        yield http


@pytest.fixture
async def waiting(save: Save, analyst: Actor, database: Database) -> PlanSubscription:
    """A subscription that is to be paid for."""
    for tier in (Tier.PRO, Tier.TEAM):
        await priced(database, tier)
    return await save(
        a_subscription(analyst, status=SubscriptionStatus.INCOMPLETE, ends_at=None)
    )
