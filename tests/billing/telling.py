"""Events, told as Stripe tells them."""

from typing import Any

import httpx
import sqlalchemy as sa

from db.models import Plan, PlanSubscription, Tier
from db.session import Database
from resolvers.access import SYSTEM, visible
from tests.billing.rows import PLANS
from tests.billing.stripes import event, signed, subscription

UPDATED = "customer.subscription.updated"


async def priced(database: Database, tier: Tier) -> None:
    async with database.write.begin() as session:
        of = sa.update(Plan).where(Plan.id == PLANS[tier])
        await session.execute(of.values(stripe_price_id=f"price_{tier}"))


async def tell(
    http: httpx.AsyncClient, event: dict[str, Any], **how: Any
) -> httpx.Response:
    body, headers = signed(event, **how)
    return await http.post("/webhooks/stripe", content=body, headers=headers)


async def rows(database: Database, model: Any) -> list[Any]:
    async with database.read() as session:
        return list(await session.scalars(visible(SYSTEM, model)))


def told(row: PlanSubscription, status: str = "active", **more: Any) -> dict[str, Any]:
    return event(UPDATED, subscription(status=status, ours=row.id.hex, **more))
