"""Plans."""

from datetime import datetime
from typing import Any

import strawberry
from strawberry.scalars import JSON

from db import models
from resolvers.billing import plans
from schema.connections import Connection
from schema.edges import found, listed
from schema.enums import Tier
from schema.ids import row_id
from schema.lists.billing import PlanFilter, PlanOrder
from schema.nodes import Entity, Info
from schema.perform import (
    Creation,
    Keyed,
    Payload,
    Versioned,
    given,
    perform,
    perform_once,
)
from schema.scalars import BigInt

COLUMNS = (
    "name",
    "description",
    "price_cents",
    "currency",
    "features",
    "api_limit_daily",
    "api_limit_monthly",
    "stripe_price_id",
)
"""What is said of a plan, but for its tier and its limits."""


@strawberry.type
class Plan(Entity, of=models.Plan):
    """What somebody may have, and what it costs."""

    created_at: datetime
    updated_at: datetime
    version: int
    name: str
    tier: Tier
    description: str | None
    price_cents: int | None
    currency: str
    features: JSON
    limits: JSON
    api_limit_daily: BigInt | None
    api_limit_monthly: BigInt | None
    stripe_price_id: str | None
    is_active: bool


@strawberry.input
class PlanCreateInput(Keyed):
    """A plan to make."""

    name: str
    """What it is called, in up to 100 characters."""
    tier: Tier
    """What kind of plan it is; another of this tier must not be to be had."""
    description: str | None = None
    """Whom it is for."""
    price_cents: int | None = None
    """What a month costs, in hundredths of the currency; null: it is agreed on."""
    currency: str = "USD"
    """The currency of the price, by its ISO 4217 code."""
    features: JSON | None = None
    """What else is said of it: an object of your own."""
    limits: JSON | None = None
    """The most of each thing; what is not named has no limit."""
    api_limit_daily: BigInt | None = None
    """Operations a day; null is any number."""
    api_limit_monthly: BigInt | None = None
    """Operations a month; null is any number."""
    stripe_price_id: str | None = None
    """What Stripe calls its price, if it is sold through Stripe."""


@strawberry.input
class PlanUpdateInput(Versioned):
    """What to change of a plan, for everybody who has it; the rest stays."""

    id: strawberry.ID
    """The plan."""
    name: str | None = strawberry.UNSET
    """What it is called."""
    description: str | None = strawberry.UNSET
    """Whom it is for."""
    price_cents: int | None = strawberry.UNSET
    """What a month costs, in hundredths of the currency; null: it is agreed on. Of a
    plan that somebody has it stays."""
    currency: str | None = strawberry.UNSET
    """The currency of the price, by its ISO 4217 code; it stays as the price does."""
    features: JSON | None = strawberry.UNSET
    """What else is said of it, in place of all that is said now."""
    limits: JSON | None = strawberry.UNSET
    """The most of each thing, in place of all limits that it has now."""
    api_limit_daily: BigInt | None = strawberry.UNSET
    """Operations a day; null is any number."""
    api_limit_monthly: BigInt | None = strawberry.UNSET
    """Operations a month; null is any number."""
    stripe_price_id: str | None = strawberry.UNSET
    """What Stripe calls its price; it stays as the price does."""


@strawberry.input
class PlanActivateInput:
    """A plan of the past that is to be had again."""

    id: strawberry.ID
    """The plan."""


@strawberry.input
class PlanDeactivateInput:
    """A plan that is to be had no more."""

    id: strawberry.ID
    """The plan."""


@strawberry.type
class PlanCreatePayload(Creation):
    """The plan, once it is there."""

    plan: Plan | None
    """Null where there are errors."""


@strawberry.type
class PlanUpdatePayload(Payload):
    """The plan as it is now."""

    plan: Plan | None
    """Null where there are errors."""


@strawberry.type
class PlanActivatePayload(Payload):
    """The plan, which is to be had."""

    plan: Plan | None
    """Null where there are errors."""


@strawberry.type
class PlanDeactivatePayload(Payload):
    """The plan, which is not to be had any more."""

    plan: Plan | None
    """Null where there are errors."""


@strawberry.type
class Query:
    plan: Plan | None = found(models.Plan)
    """A plan."""
    plans: Connection[Plan] = listed(models.Plan, PlanFilter, PlanOrder)
    """The plans there are, and were; strangers may ask too."""


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def plan_create(
        self, info: Info, input: PlanCreateInput
    ) -> PlanCreatePayload:
        """Make a plan, which is to be had at once; for administrators."""
        said: dict[str, Any] = {name: getattr(input, name) for name in COLUMNS}
        said |= {"tier": input.tier, "limits": input.limits or {}}
        done = await perform_once(info, input, plans.create, said)
        return PlanCreatePayload(plan=done.row, **done.created)

    @strawberry.mutation
    async def plan_update(
        self, info: Info, input: PlanUpdateInput
    ) -> PlanUpdatePayload:
        """Change a plan, for everybody who has it; for administrators."""
        said = given(input, **{name: name for name in (*COLUMNS, "limits")})
        arguments = (row_id(input.id, models.Plan), input.expected_version, said)
        done = await perform(info, plans.update, *arguments)
        return PlanUpdatePayload(plan=done.row, **done.told)

    @strawberry.mutation
    async def plan_activate(
        self, info: Info, input: PlanActivateInput
    ) -> PlanActivatePayload:
        """Have a plan of the past be had again; for administrators.

        Another of its name or tier must not be to be had.
        """
        done = await perform(info, plans.activate, row_id(input.id, models.Plan))
        return PlanActivatePayload(plan=done.row, **done.told)

    @strawberry.mutation
    async def plan_deactivate(
        self, info: Info, input: PlanDeactivateInput
    ) -> PlanDeactivatePayload:
        """Have a plan be had no more; those who have it keep it; for administrators."""
        id_ = row_id(input.id, models.Plan)
        done = await perform(info, plans.deactivate, id_)
        return PlanDeactivatePayload(plan=done.row, **done.told)
