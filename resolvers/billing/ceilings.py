"""How many calls plans allow, and what was agreed on with some."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from db.models import Plan, PlanSubscription, SubscriptionStatus, Tier
from resolvers.access import SYSTEM, visible
from resolvers.allowances import LimitScope
from resolvers.context import Context

NAMES = {
    LimitScope.PLAN_DAY: "api_limit_daily",
    LimitScope.PLAN_MONTH: "api_limit_monthly",
}
"""What a plan calls its limits, and a subscription those that were agreed on."""
HOLDING = (SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE)
Most = Mapping[LimitScope, int | None]


@dataclass(frozen=True, slots=True)
class Ceilings:
    """Of every tier, by the plan that is to be had; what is not named has no limit."""

    tiers: Mapping[Tier, Most] = field(default_factory=dict[Tier, Most])
    agreed: Mapping[UUID, Most] = field(default_factory=dict[UUID, Most])
    """Of those with a plan that is no more to be had, or with limits of their own."""

    def of(self, user_id: UUID, tier: Tier, scope: LimitScope) -> int | None:
        """The most calls of somebody in a period; None where there is no limit."""
        own = self.agreed.get(user_id, {})
        return own[scope] if scope in own else self.tiers.get(tier, {}).get(scope)

    def above(self, tier: Tier, scope: LimitScope) -> Tier | None:
        """The next tier that has more than one has."""
        order, own = [*Tier], self.tiers.get(tier, {}).get(scope)
        for other in order[order.index(tier) + 1 :]:
            more = self.tiers.get(other, {}).get(scope)
            if own is not None and other in self.tiers and (more is None or more > own):
                return other
        return None


async def ceilings(context: Context) -> Ceilings:
    """All that hold at this moment."""
    columns = [getattr(Plan, name) for name in NAMES.values()]
    plans = visible(SYSTEM, Plan).where(Plan.is_active)
    others = (
        visible(SYSTEM, PlanSubscription)
        .join(Plan, Plan.id == PlanSubscription.plan_id)
        .where(PlanSubscription.limits.is_not(None) | ~Plan.is_active)
        .where(PlanSubscription.status.in_(HOLDING))
        .with_only_columns(PlanSubscription.owner_id, PlanSubscription.limits, *columns)
    )
    async with context.read() as session:
        said = await session.execute(plans.with_only_columns(Plan.tier, *columns))
        tiers = {tier: dict(zip(NAMES, most, strict=True)) for tier, *most in said}
        return Ceilings(tiers, dict(map(_agreed, await session.execute(others))))


def _agreed(row: Any) -> tuple[UUID, Most]:
    """What holds for a subscription: what was agreed on, else what its plan says."""
    owner_id, limits, *most = row
    usual = dict(zip(NAMES, most, strict=True))
    return owner_id, {
        scope: (limits or {}).get(name, usual[scope]) for scope, name in NAMES.items()
    }
