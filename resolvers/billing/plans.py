"""Plans: what there is to be had, and what it costs."""

import re
from typing import Any
from uuid import UUID

from db.models import Plan, Tier, UsageMetric
from resolvers import documents
from resolvers.access import Permission, require, require_person
from resolvers.descriptions import described
from resolvers.errors import Conflict, Invalid
from resolvers.writes import Transaction

NAME, PRICE_ID = 100, 255
"""The most characters of each."""
FEATURES = 16 * 1024
"""Bytes of features as JSON."""
MOST = 2**31 - 1
CURRENCY = re.compile("[A-Z]{3}")
STOCKS = ("collaborators", "data_connections")
"""What is limited by how much of it there is at a time."""
LIMITED = frozenset({*UsageMetric, *STOCKS}) - {UsageMetric.API_CALLS}
"""What a plan's limits may name; of operations it has columns of its own."""
CALLS = ("api_limit_daily", "api_limit_monthly")
"""Those columns: under these names they can be agreed on."""
TAKEN = {f"uq_plans_{one}": one for one in ("name", "tier", "stripe_price_id")}
"""What no two plans have in common, of those that are to be had."""


async def create(write: Transaction, said: dict[str, Any]) -> Plan:
    """Make a plan. Of each tier, one is to be had."""
    _gate(write)
    return await write.add(Plan(**_checked(said)), **TAKEN)


async def update(
    write: Transaction, id_: UUID, expected: int | None, said: dict[str, Any]
) -> Plan:
    """Change a plan, for everybody who has it too."""
    _gate(write)
    plan = await write.get(Plan, id_, expected=expected)
    for name, value in _checked(said).items():
        setattr(plan, name, value)
    await write.flush(**TAKEN)
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


def agreed(limits: Any) -> dict[str, int]:
    """Limits as they are kept: without those that are null. Raises Invalid."""
    limits = documents.described(limits, FEATURES, "limits")
    for name, most in limits.items():
        if name not in LIMITED and name not in CALLS:
            raise Invalid(f"nothing is limited that is called {name!r}", "limits")
        _number(most, "limits", name)
    return {name: most for name, most in limits.items() if most is not None}


def _gate(write: Transaction) -> None:
    require_person(write.actor)
    require(write.actor, Permission.MANAGE_BILLING)


def _checked(said: dict[str, Any]) -> dict[str, Any]:
    """What is said of a plan, by column, once it will do. Raises Invalid."""
    checks = {
        "name": _name,
        "description": lambda text: described(description=text)["description"],
        "currency": _currency,
        "features": lambda given: documents.described(given, FEATURES, "features"),
        "limits": agreed,
        "stripe_price_id": _price_id,
        **{
            one: lambda number, one=one: _number(number, one)
            for one in ("price_cents", *CALLS)
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


def _number(number: Any, *field: str) -> int | None:
    if number is None:
        return None
    if type(number) is not int or not 0 <= number <= MOST:
        raise Invalid(f"it is from 0 to {MOST}, not {number!r}", *field)
    return number
