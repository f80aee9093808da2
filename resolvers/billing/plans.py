"""Plans: what there is to be had, and what it costs."""

import re
from typing import Any
from uuid import UUID

from db.models import Plan, PlanSubscription, Tier, UsageMetric
from resolvers import documents
from resolvers.access import (
    SYSTEM,
    Permission,
    require_of_all,
    require_person,
    visible,
)
from resolvers.billing.terms import LIVE
from resolvers.descriptions import described
from resolvers.errors import Conflict, Invalid
from resolvers.writes import Transaction

NAME, PRICE_ID = 100, 255
"""The most characters of each."""
FEATURES = 16 * 1024
"""Bytes of features as JSON."""
MOST, MOST_CALLS = 2**31 - 1, 10**15 - 1
"""The second is the most that a header can say (RFC 9651)."""
CURRENCY = re.compile("[A-Z]{3}")
STOCKS = ("collaborators", "data_connections", "datasets_kept", "models_kept")
"""What is limited by how much of it there is at a time."""
LIMITED = frozenset({*UsageMetric, *STOCKS}) - {UsageMetric.API_CALLS}
"""What a plan's limits may name; of operations it has columns of its own."""
CALLS = ("api_limit_daily", "api_limit_monthly")
"""Those columns: under these names they can be agreed on."""
TAKEN = {f"uq_plans_{one}": one for one in ("name", "tier", "stripe_price_id")}
"""What no two plans have in common, of those that are to be had."""
PRICE = ("price_cents", "currency", "stripe_price_id")
"""What is changed of no plan that somebody has."""


async def create(write: Transaction, said: dict[str, Any]) -> Plan:
    """Make a plan. Of each tier, one is to be had."""
    _gate(write)
    return await write.add(Plan(**_checked(said)), **TAKEN)


async def update(
    write: Transaction, id_: UUID, expected: int | None, said: dict[str, Any]
) -> Plan:
    """Change a plan, for everybody who has it too. They go on paying what they do."""
    _gate(write)
    plan = await write.get(Plan, id_, expected=expected)
    changes = _checked(said)
    await _require_price(write, plan, changes)
    for name, value in changes.items():
        setattr(plan, name, value)
    await write.flush(plan, **TAKEN)
    return plan


async def deactivate(write: Transaction, id_: UUID) -> Plan:
    """Have a plan be had no more; those who have it keep it."""
    _gate(write)
    plan = await write.get(Plan, id_)
    if plan.tier is Tier.FREE:
        said = "the free plan is what everybody has without a subscription; change it"
        raise Conflict(said, "id")
    plan.is_active = False
    return plan


async def activate(write: Transaction, id_: UUID) -> Plan:
    """Have a plan of the past be had again, unless another is in its place."""
    _gate(write)
    plan = await write.get(Plan, id_)
    mine = {"name": plan.name, "tier": plan.tier}
    plan.is_active = True
    try:
        await write.flush(**TAKEN)
    except Conflict as error:
        what = error.field[0]
        said = f"another plan of the {what} {mine[what]} is to be had; deactivate that"
        raise Conflict(said, "id") from error
    return plan


def agreed(limits: Any) -> dict[str, int]:
    """Limits as they are kept: without those that are null. Raises Invalid."""
    limits = documents.described(limits, FEATURES, "limits")
    for name, most in limits.items():
        if name not in LIMITED and name not in CALLS:
            raise Invalid(f"nothing is limited that is called {name!r}", "limits")
        _number(most, MOST_CALLS if name in CALLS else MOST, "limits", name)
    return {name: most for name, most in limits.items() if most is not None}


def _gate(write: Transaction) -> None:
    require_person(write.actor)
    require_of_all(write.actor, Permission.MANAGE_BILLING)


async def _require_price(
    write: Transaction, plan: Plan, changes: dict[str, Any]
) -> None:
    """Raises Conflict for another price of a plan that somebody has at this one."""
    said = [one for one in PRICE if one in changes]
    other = [one for one in said if changes[one] != getattr(plan, one)]
    live = visible(SYSTEM, PlanSubscription).where(
        PlanSubscription.plan_id == plan.id, PlanSubscription.status.in_(LIVE)
    )
    if other and await write.session.scalar(live.limit(1)):
        told = "somebody has this plan at its price; deactivate it and make another"
        raise Conflict(told, other[0])


def _checked(said: dict[str, Any]) -> dict[str, Any]:
    """What is said of a plan, by column, once it will do. Raises Invalid."""
    checks = {
        "name": _name,
        "description": lambda text: described(description=text)["description"],
        "currency": _currency,
        "features": lambda given: documents.described(given, FEATURES, "features"),
        "limits": agreed,
        "stripe_price_id": _price_id,
        "price_cents": lambda number: _number(number, MOST, "price_cents"),
        **{
            one: lambda number, one=one: _number(number, MOST_CALLS, one)
            for one in CALLS
        },
    }
    return {
        name: checks[name](value) if name in checks else value
        for name, value in said.items()
    }


def _name(name: str | None) -> str:
    if not 1 <= len(name := (name or "").strip()) <= NAME:
        raise Invalid(f"a plan's name has from 1 to {NAME} characters", "name")
    return name


def _currency(code: str | None) -> str:
    if code is None or not CURRENCY.fullmatch(code):
        said = f"a currency is three capital letters such as USD, not {code!r}"
        raise Invalid(said, "currency")
    return code


def _price_id(id_: str | None) -> str | None:
    if id_ is not None and not 1 <= len(id_) <= PRICE_ID:
        said = f"the id of a price has from 1 to {PRICE_ID} characters"
        raise Invalid(said, "stripe_price_id")
    return id_


def _number(number: Any, most: int, *field: str) -> int | None:
    if number is None:
        return None
    if type(number) is not int or not 0 <= number <= most:
        raise Invalid(f"it is from 0 to {most}, not {number!r}", *field)
    return number
