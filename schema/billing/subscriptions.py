"""Subscriptions."""

from datetime import datetime
from typing import Any

import strawberry
from strawberry.scalars import JSON

from db import models
from resolvers.billing import paying
from resolvers.billing.subscriptions import Wish
from resolvers.billing.terms import LIVE
from resolvers.lists import Condition, Listing
from resolvers.shapes import Way
from schema.billing.plans import Plan
from schema.connections import Connection
from schema.edges import found, listed, to_one
from schema.enums import SubscriptionStatus
from schema.ids import row_id
from schema.lists.billing import PlanSubscriptionFilter, PlanSubscriptionOrder
from schema.nodes import Entity, Info
from schema.perform import Creation, Keyed, Payload, Performed
from schema.reads import Pick, costing
from schema.refs import UserRef

OWN = {"live": Way(models.PlanSubscription, models.PlanSubscription.owner_id)}


def live() -> Pick:
    """The subscription that is not over."""
    status = Condition("status", "in", LIVE)
    return "live", Listing(size=1, conditions=(status,))


async def _checkout(root: Any, info: Info) -> str | None:
    return await paying.checkout(info.context, root)


@strawberry.type
class PlanSubscription(Entity, of=models.PlanSubscription):
    """A plan that somebody has, from when to when."""

    created_at: datetime
    updated_at: datetime
    version: int
    status: SubscriptionStatus
    started_at: datetime
    ends_at: datetime | None
    cancel_at_period_end: bool
    limits: JSON | None
    stripe_subscription_id: str | None
    plan: Plan | None = to_one(models.PlanSubscription.plan_id)
    """The plan."""
    owner: UserRef = to_one(models.PlanSubscription.owner_id)
    """Whoever has it."""
    checkout_url: str | None = strawberry.field(
        resolver=_checkout,
        description="Where it is paid for; null unless it waits for that.",
        metadata=costing(50),
    )


@strawberry.input
class SubscriptionStartInput(Keyed):
    """A plan to have."""

    plan: strawberry.ID
    """The plan."""
    user: strawberry.ID | None = None
    """Who is to have it, if it is not you; for administrators."""
    limits: JSON | None = None
    """Limits in place of the plan's of the same names; for administrators."""


@strawberry.input
class SubscriptionChangeInput:
    """What a subscription is to be instead."""

    id: strawberry.ID
    """The subscription."""
    plan: strawberry.ID | None = None
    """The plan from now on, which may be the one it has: then it goes on, if it was
    given up."""
    limits: JSON | None = None
    """Limits in place of the plan's of the same names; for administrators. With another
    plan and none of them, those that were agreed on are over."""


@strawberry.input
class SubscriptionCancelInput:
    """A subscription to end."""

    id: strawberry.ID
    """The subscription."""
    at_once: bool = False
    """Now, and not with the month, or with what is paid for."""


@strawberry.type
class SubscriptionStartPayload(Creation):
    """The subscription, once it is there."""

    subscription: PlanSubscription | None
    """Null where there are errors. If it is incomplete, pay at its `checkoutUrl`."""


@strawberry.type
class SubscriptionChangePayload(Payload):
    """The subscription as it is now."""

    subscription: PlanSubscription | None
    """Null where there are errors."""


@strawberry.type
class SubscriptionCancelPayload(Payload):
    """The subscription, which is over or soon will be."""

    subscription: PlanSubscription | None
    """Null where there are errors."""


@strawberry.type
class Query:
    subscription: PlanSubscription | None = found(models.PlanSubscription)
    """A subscription of yours."""
    subscriptions: Connection[PlanSubscription] = listed(
        models.PlanSubscription, PlanSubscriptionFilter, PlanSubscriptionOrder
    )
    """Your subscriptions, also those that are over."""


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def subscription_start(
        self, info: Info, input: SubscriptionStartInput
    ) -> SubscriptionStartPayload:
        """Have a plan: at once, or once it is paid for. You have one at a time."""
        user = None if input.user is None else row_id(input.user, models.User)
        wish = Wish(row_id(input.plan, models.Plan), user, input.limits)
        about = (info.context, info.field_name, input.idempotency_key)
        done = Performed(await paying.start(*about, wish))
        return SubscriptionStartPayload(subscription=done.row, **done.created)

    @strawberry.mutation
    async def subscription_change(
        self, info: Info, input: SubscriptionChangeInput
    ) -> SubscriptionChangePayload:
        """Have another plan from now on, or go on with the one that was given up.

        What was made under this one stays yours.
        """
        plan = None if input.plan is None else row_id(input.plan, models.Plan)
        id_ = row_id(input.id, models.PlanSubscription)
        wish, about = Wish(plan, limits=input.limits), (info.context, info.field_name)
        done = Performed(await paying.change(*about, id_, wish))
        return SubscriptionChangePayload(subscription=done.row, **done.told)

    @strawberry.mutation
    async def subscription_cancel(
        self, info: Info, input: SubscriptionCancelInput
    ) -> SubscriptionCancelPayload:
        """End a subscription, and have the free plan. Nothing is deleted."""
        id_ = row_id(input.id, models.PlanSubscription)
        about = (info.context, info.field_name, id_)
        done = Performed(await paying.cancel(*about, at_once=input.at_once))
        return SubscriptionCancelPayload(subscription=done.row, **done.told)
