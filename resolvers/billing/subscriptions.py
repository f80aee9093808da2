"""Subscriptions: begun, changed and ended. Of each user, one is live at most."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from db.base import utcnow
from db.models import Plan, PlanSubscription, SubscriptionStatus, Tier, User
from resolvers.access import (
    SYSTEM,
    Actor,
    Permission,
    changeable,
    require,
    require_person,
    visible,
)
from resolvers.billing.plans import agreed
from resolvers.billing.terms import HOLDS, LIVE
from resolvers.errors import Conflict, Invalid, InvalidTransition, Missing
from resolvers.writes import Transaction

MOMENT = timedelta(microseconds=1)
"""The least that a subscription lasts."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a subscription is to be; null is as it is, or as is usual."""

    plan_id: UUID | None = None
    owner_id: UUID | None = None
    limits: Any = None
    """Limits that were agreed on, in place of the plan's."""

    def gate(self, actor: Actor) -> UUID:
        """Whose it is, once it is known that the actor may have it so."""
        me = allowed(actor)
        if self.owner_id not in {None, me} or self.limits is not None:
            require(actor, Permission.MANAGE_BILLING)
        return self.owner_id or me


async def start(write: Transaction, wish: Wish, *, paid_here: bool) -> PlanSubscription:
    """Give somebody a plan, or where it is to be paid for, a place to pay."""
    owner_id = wish.gate(write.actor)
    user = await write.get(User, owner_id, "user")
    plan = await _had(write, wish)
    pays = not given_freely(write.actor, plan)
    if pays and not (paid_here and plan.stripe_price_id):
        raise Invalid(f"{plan.name} is given by an administrator; ask for it", "plan")
    row = PlanSubscription(owner_id=owner_id, plan_id=plan.id, started_at=utcnow())
    status = SubscriptionStatus
    row.status = status.INCOMPLETE if pays else status.ACTIVE
    row.limits = None if wish.limits is None else agreed(wish.limits)
    try:
        await write.add(row, uq_subscriptions_owner_id="plan")
    except Conflict as error:
        said = "there is a subscription already; change it, or cancel it first"
        raise Conflict(said, "plan") from error
    if not pays:
        user.tier = plan.tier
    return row


async def give(write: Transaction, user: User, tier: Tier) -> None:
    """Have the server itself give somebody who has none the plan of a tier."""
    plans = visible(SYSTEM, Plan).where(Plan.tier == tier, Plan.is_active)
    ids = plans.with_only_columns(Plan.id)
    if plan_id := await write.session.scalar(ids):
        status, now = SubscriptionStatus.ACTIVE, utcnow()
        row = PlanSubscription(owner_id=user.id, plan_id=plan_id, status=status)
        row.started_at, user.tier = now, tier
        await write.add(row)


async def change(
    write: Transaction, id_: UUID, wish: Wish, ends_at: datetime | None = None
) -> PlanSubscription:
    """Give a subscription another plan, or other limits, from now on.

    Whoever says a plan, be it the one they have, goes on: what was given up is not.
    """
    wish.gate(write.actor)
    user, row = await held(write, id_)
    plan = await write.see(Plan, wish.plan_id, "plan") if wish.plan_id else None
    require_change(write.actor, row, plan)
    if plan is not None:
        if row.stripe_subscription_id:  # what it says of before is older than this
            row.stripe_told_at = utcnow().replace(microsecond=0)
        move(row, plan)
        user.tier = plan.tier
        row.cancel_at_period_end, row.ends_at = False, ends_at
    if wish.limits is not None:
        row.limits = agreed(wish.limits)
    return row


async def cancel(
    write: Transaction, id_: UUID, at: datetime | None
) -> PlanSubscription:
    """End a subscription at some moment, or at once. Nothing that was made is lost.

    What its owner gives up for later they may take back; not what another ends.
    """
    allowed(write.actor)
    user, row = await held(write, id_)
    require_live(row)
    if at is None:
        end(row, user, utcnow())
    else:
        given_up = row.ends_at is None or row.cancel_at_period_end
        row.cancel_at_period_end = given_up and write.actor.user_id == row.owner_id
        row.ends_at = min(at, row.ends_at or at)
    return row


def move(row: PlanSubscription, plan: Plan) -> None:
    """Have it be of a plan. What was agreed on was so for the one before it."""
    if plan.id != row.plan_id:
        row.plan_id, row.limits = plan.id, None


def end(row: PlanSubscription, user: User, now: datetime) -> None:
    """Have it be over: whoever had it has the free plan."""
    row.status = SubscriptionStatus.CANCELED
    row.ends_at = max(now, row.started_at + MOMENT)
    user.tier = Tier.FREE


async def held(write: Transaction, id_: UUID) -> tuple[User, PlanSubscription]:
    """A subscription and whose it is, both locked, in the order of all writes."""
    mine = changeable(write.actor, PlanSubscription).where(PlanSubscription.id == id_)
    owner = mine.with_only_columns(PlanSubscription.owner_id)
    if (owner_id := await write.session.scalar(owner)) is None:
        raise Missing("no PlanSubscription has this id", "id")
    return await write.get(User, owner_id), await write.get(PlanSubscription, id_)


def allowed(actor: Actor) -> UUID:
    """The actor's user id, if they may have subscriptions. A key may not."""
    require_person(actor)
    return require(actor, Permission.SUBSCRIBE)


def given_freely(actor: Actor, plan: Plan) -> bool:
    """Whether nobody pays: it costs nothing, or an administrator gives it."""
    return plan.price_cents == 0 or Permission.MANAGE_BILLING in actor.permissions


def require_live(row: PlanSubscription) -> None:
    """Raises InvalidTransition for what is over."""
    if row.status not in LIVE:
        raise InvalidTransition(f"this PlanSubscription is {row.status} already", "id")


def require_change(actor: Actor, row: PlanSubscription, plan: Plan | None) -> None:
    """Raises a Refusal where a subscription cannot be given a plan."""
    if row.status not in HOLDS:
        said = f"this PlanSubscription is {row.status}, and cannot be changed"
        raise InvalidTransition(said, "id")
    if row.ends_at is not None and row.ends_at <= utcnow():
        raise InvalidTransition("this PlanSubscription has just ended", "id")
    if plan is None:
        return
    ended = row.ends_at is not None and not row.cancel_at_period_end
    if ended and not (row.stripe_subscription_id or given_freely(actor, plan)):
        said = f"an administrator has ended it; to have {plan.name} again, ask for it"
        raise Invalid(said, "plan")
    if plan.id == row.plan_id:
        return
    if row.status is SubscriptionStatus.PAST_DUE:
        raise InvalidTransition("a payment is late; pay it before another plan", "plan")
    if not plan.is_active:
        raise Conflict(f"{plan.name} is not to be had any more", "plan")
    if row.stripe_subscription_id and plan.stripe_price_id is None:
        said = f"{plan.name} is not sold through Stripe; cancel this subscription first"
        raise Invalid(said, "plan")
    if not (row.stripe_subscription_id or given_freely(actor, plan)):
        said = f"to pay for {plan.name}, cancel this subscription and start another"
        raise Invalid(said, "plan")


def stripe_subscription_id(actor: Actor, user: Any) -> sa.ColumnElement[str | None]:
    """What Stripe calls the subscription they have, if it is paid for there."""
    rows = visible(actor, PlanSubscription, by_key=True).where(
        PlanSubscription.owner_id == user.id,
        PlanSubscription.status != SubscriptionStatus.CANCELED,
    )
    one = rows.with_only_columns(PlanSubscription.stripe_subscription_id)
    return one.scalar_subquery()


async def _had(write: Transaction, wish: Wish) -> Plan:
    """The plan that is wished for. Raises Missing, or Conflict for one of the past."""
    if wish.plan_id is None:
        raise Invalid("say which plan", "plan")
    plan = await write.see(Plan, wish.plan_id, "plan")
    if not plan.is_active:
        raise Conflict(f"{plan.name} is not to be had any more", "plan")
    return plan
