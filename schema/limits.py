"""Limits as clients are told of them."""

from datetime import datetime

import strawberry

from resolvers.allowances import Allowance
from schema.enums import LimitScope, Tier


@strawberry.type
class Limit:
    """The most somebody may have of something, and how much they have."""

    scope: LimitScope
    """What it is a limit of."""
    metric: str
    """What is counted, such as `datasets`."""
    limit: int | None
    """The most of it; null is any number."""
    used: int
    """How much there is already."""
    remaining: int | None
    """How much more there may be; null is any number."""
    reset_at: datetime | None
    """When it is counted anew; null for what is had rather than used."""
    tier: Tier | None
    """Of the plan that it comes from, if it comes from one."""
    upgrade_to: Tier | None
    """The next tier that has more of it."""


def limit_of(of: Allowance) -> Limit:
    """A limit, and how far somebody is from it."""
    return Limit(
        scope=of.scope,
        metric=of.metric,
        limit=of.limit,
        used=of.used,
        remaining=of.remaining,
        reset_at=of.resets_at,
        tier=_tier(of.tier),
        upgrade_to=_tier(of.upgrade_to),
    )


def _tier(said: str | None) -> Tier | None:
    return None if said is None else Tier(said)
