"""What somebody may have: what their plan says, and what was agreed on with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Plan, PlanSubscription, SubscriptionStatus, Tier
from db.types import Moment
from resolvers.access import SYSTEM, Actor, BaseRole, visible
from resolvers.writes import Transaction

HOLDS = (SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE)
"""Of a subscription: its plan is to be had."""
LIVE = (*HOLDS, SubscriptionStatus.INCOMPLETE)
"""Of a subscription: it is not over. Nobody has two of these."""
TIERS = list(Tier)


@dataclass(frozen=True, slots=True)
class Terms:
    """The most of each thing that a plan gives."""

    tier: Tier
    limits: Mapping[str, int | None]
    """By name; what is not named has no limit."""

    @property
    def endless(self) -> "Terms":
        """The same for an administrator, who has no limits."""
        return Terms(self.tier, {})

    def upgrade(self, name: str, offered: Sequence["Terms"]) -> Tier | None:
        """The lowest tier above that has more of a thing."""
        limit, place = self.limits.get(name), TIERS.index(self.tier)
        if limit is None:
            return None
        above = (one for one in offered if TIERS.index(one.tier) > place)
        more = (one.tier for one in above if _more(one.limits.get(name), limit))
        return next(more, None)


async def held(write: Transaction, now: datetime) -> Terms:
    """What the actor of a write may have."""
    [found] = await write.run(_held, whose=write.actor.user_id, now=now)
    mine = _read(found)
    return mine.endless if write.actor.role is BaseRole.ADMIN else mine


async def offers(write: Transaction) -> list[Terms]:
    """What the plans give that are to be had, lowest tier first."""
    return _sorted(await write.run(_offered))


async def look(
    session: AsyncSession, user_id: UUID, now: datetime
) -> tuple[Terms, list[Terms]]:
    """What a user may have, and what the plans give that are to be had."""
    given = {"whose": user_id, "now": now}
    mine = (await session.execute(_held(SYSTEM), given)).one()
    return _read(mine), _sorted((await session.execute(_offered(SYSTEM))).all())


def _more(other: int | None, limit: int) -> bool:
    return other is None or other > limit


def _read(found: Sequence[Any]) -> Terms:
    tier, limits, *agreed = found
    return Terms(tier, limits | (agreed[0] or {}) if agreed else limits)


def _sorted(found: Sequence[Sequence[Any]]) -> list[Terms]:
    return sorted(map(_read, found), key=lambda one: TIERS.index(one.tier))


def _held(_: Actor) -> Any:
    """The plan of the subscription that holds, or else the free one."""
    whose = sa.bindparam("whose", type_=sa.Uuid())
    now = sa.bindparam("now", type_=Moment())
    ends = PlanSubscription.ends_at
    holds = (
        (PlanSubscription.plan_id == Plan.id)
        & (PlanSubscription.owner_id == whose)
        & sa.or_(*(PlanSubscription.status == one for one in HOLDS))
        & (ends.is_(None) | (ends > now))
    )
    free = (Plan.tier == Tier.FREE) & Plan.is_active
    holding = PlanSubscription.id.is_not(None)
    rows = (
        visible(SYSTEM, Plan).outerjoin(PlanSubscription, holds).where(holding | free)
    )
    first = rows.order_by(holding.desc()).limit(1)
    return first.with_only_columns(Plan.tier, Plan.limits, PlanSubscription.limits)


def _offered(_: Actor) -> Any:
    active = visible(SYSTEM, Plan).where(Plan.is_active)
    return active.with_only_columns(Plan.tier, Plan.limits)
