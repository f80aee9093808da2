"""Limits as clients are told of them."""

from datetime import datetime
from decimal import Decimal

import strawberry

from db.types import dollars
from resolvers.allowances import MONEY, Allowance
from schema.enums import LimitScope, Tier

MILLION = 1_000_000
MOST = 2**31 - 1
"""The largest number that GraphQL's Int holds."""


@strawberry.type
class Limit:
    """The most somebody may have of something, and how much they have."""

    scope: LimitScope
    """What it is a limit of."""
    metric: str
    """What is counted, such as `datasets`."""
    limit: int | None
    """The most of it; null is any number. Of money it is whole dollars."""
    used: int
    """How much there is already; of money in whole dollars, rounded up."""
    remaining: int | None
    """How much more there may be; null is any number. Of money it is whole dollars."""
    limit_usd: Decimal | None
    """Of money the most of it, exactly."""
    used_usd: Decimal | None
    """Of money how much is spent or set aside, exactly."""
    remaining_usd: Decimal | None
    """Of money how much is left, exactly."""
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
        limit=_whole(of, of.limit),
        used=-(_whole(of, -of.used) or 0),
        remaining=_whole(of, of.remaining),
        limit_usd=_exact(of, of.limit),
        used_usd=_exact(of, of.used),
        remaining_usd=_exact(of, of.remaining),
        reset_at=of.resets_at,
        tier=of.tier,
        upgrade_to=of.upgrade_to,
    )


def _whole(of: Allowance, number: int | None) -> int | None:
    """A number that GraphQL has; a part of a dollar is left out."""
    if number is None:
        return None
    dollars_ = number // MILLION if of.scope in MONEY else number
    return max(-MOST, min(dollars_, MOST))


def _exact(of: Allowance, number: int | None) -> Decimal | None:
    return dollars(number) if number is not None and of.scope in MONEY else None
