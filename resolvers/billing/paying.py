"""Subscriptions of which Stripe must hear before we write anything down.

It is told first: where the write then fails, its own word of what it did comes by
the webhook, and puts us right.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from db.base import utcnow
from db.models import PeriodKind, Plan, PlanSubscription, SubscriptionStatus, User
from resolvers.billing import subscriptions
from resolvers.billing.counters import resets_at
from resolvers.billing.subscriptions import Wish, allowed, require_change
from resolvers.billing.terms import LIVE
from resolvers.context import Context
from resolvers.errors import Conflict
from resolvers.payments import Payments, Purchase
from resolvers.platform.actions import Done, accounted, act


async def start(context: Context, action: str, key: str | None, wish: Wish) -> Done:
    """Begin a subscription. Where it is to be paid for, `checkout` says where."""
    paid = context.equipment.payments is not None
    return await act(context, action, key, subscriptions.start, wish, paid_here=paid)


async def change(context: Context, action: str, id_: UUID, wish: Wish) -> Done:
    """Change a subscription, there and here. One that was given up goes on."""
    end = await accounted(context, action, _change(context, id_, wish))
    if isinstance(end, Done):
        return end
    return await act(context, action, None, subscriptions.change, id_, wish, end)


async def cancel(context: Context, action: str, id_: UUID, *, at_once: bool) -> Done:
    """End a subscription, there and here: at once, or with what is paid for."""
    end = await accounted(context, action, _cancel(context, id_, at_once=at_once))
    if isinstance(end, Done):
        return end
    return await act(context, action, None, subscriptions.cancel, id_, end)


async def stop(context: Context, id_: UUID) -> None:
    """Have nobody pay for a subscription any more, where somebody does or could."""
    row = await _row(context, PlanSubscription, id_)
    if row is not None and context.equipment.payments is not None:
        if row.status is SubscriptionStatus.INCOMPLETE:
            await _abandon(context, row)
        elif row.stripe_subscription_id is not None:
            await _taker(context).cancel(row.stripe_subscription_id, at_once=True)


async def checkout(context: Context, row: PlanSubscription) -> str | None:
    """Where a subscription is paid for, while it waits for that."""
    payments = context.equipment.payments
    if payments is None or row.status is not SubscriptionStatus.INCOMPLETE:
        return None
    purchase = await _purchase(context, row)
    return purchase and await payments.checkout(purchase)


async def _change(context: Context, id_: UUID, wish: Wish) -> datetime | None:
    """When it ends all the same; None is as long as it is paid for."""
    wish.gate(context.actor)
    row = await _row(context, PlanSubscription, id_)
    plan = await _row(context, Plan, wish.plan_id)
    if row is None or plan is None or row.stripe_subscription_id is None:
        return None  # it is ours alone, or there is something for the action to refuse
    require_change(context.actor, row, plan)
    price_id = None if plan.id == row.plan_id else plan.stripe_price_id
    return await _taker(context).change(row.stripe_subscription_id, price_id)


async def _cancel(context: Context, id_: UUID, *, at_once: bool) -> datetime | None:
    """When it ends; None is at once."""
    allowed(context.actor)
    row = await _row(context, PlanSubscription, id_)
    if row is None or row.status not in LIVE:
        return None
    if row.status is SubscriptionStatus.INCOMPLETE:
        await _abandon(context, row)
        return None
    if stripe_id := row.stripe_subscription_id:
        return await _taker(context).cancel(stripe_id, at_once=at_once)
    return None if at_once else resets_at(PeriodKind.MONTH, utcnow())


async def _abandon(context: Context, row: PlanSubscription) -> None:
    """Have nobody pay any more. Raises Conflict where somebody has just done so."""
    payments, purchase = context.equipment.payments, await _purchase(context, row)
    if payments and purchase and not await payments.abandon(purchase):
        raise Conflict("it was paid for at this moment; look again", "id")


async def _purchase(context: Context, row: PlanSubscription) -> Purchase | None:
    plan = await _row(context, Plan, row.plan_id)
    user = await _row(context, User, row.owner_id)
    if plan is None or user is None or plan.stripe_price_id is None:
        return None
    return Purchase(row.id, plan.stripe_price_id, user.stripe_customer_id)


def _taker(context: Context) -> Payments:
    if context.equipment.payments is None:
        said = "it is paid for through Stripe, and this server is not connected to it"
        raise Conflict(said, "id")
    return context.equipment.payments


async def _row(context: Context, model: Any, id_: UUID | None) -> Any:
    return id_ and await context.loaders.row(model).load(id_)
