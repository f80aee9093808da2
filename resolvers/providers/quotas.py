"""Quotas: the most that somebody may spend on AI providers."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from db.base import utcnow
from db.models import User, UserQuota
from resolvers.access import (
    SYSTEM,
    Actor,
    Permission,
    require_of_all,
    require_person,
    visible,
)
from resolvers.errors import Conflict
from resolvers.providers import costalerts
from resolvers.providers.calls import LIMIT, money, number
from resolvers.providers.totals import WHOSE, today
from resolvers.writes import Transaction

CHECKS: Mapping[str, Any] = {
    "daily_limit": number,
    "monthly_limit": number,
    "daily_cost_limit": lambda amount, field: money(amount, LIMIT, field),
    "monthly_cost_limit": lambda amount, field: money(amount, LIMIT, field),
}
"""What a quota says, and how it is checked; null is any number."""


async def assign(
    write: Transaction,
    user_id: UUID,
    expected: int | None,
    said: Mapping[str, int | Decimal | None],
) -> UserQuota:
    """Say how much somebody may spend from now on. What is not said stays as it is.

    Where more of a limit is spent already than it takes for an alert, it is raised.
    """
    require_person(write.actor)
    require_of_all(write.actor, Permission.MANAGE_BILLING)
    said = {name: _checked(name, value) for name, value in said.items()}
    await write.get(User, user_id, "user")
    found = await write.take(UserQuota, _of_user, whose=user_id)
    _require_expected(found, expected)
    if not found:
        quota = await write.add(UserQuota(owner_id=user_id, **said))
    else:
        [quota] = found
        for name, value in said.items():
            setattr(quota, name, value)
    await costalerts.tell(write, user_id, today(utcnow()))
    return quota


def _checked(name: str, value: Any) -> Any:
    return None if value is None else CHECKS[name](value, name)


def _require_expected(found: Sequence[UserQuota], expected: int | None) -> None:
    """Where there is none, its version is 0."""
    there = found[0].version if found else 0
    if expected not in {None, there}:
        said = f"it was changed meanwhile: its version is {there}, not {expected}"
        raise Conflict(said, "expected_version")


def _of_user(_: Actor) -> Any:
    mine = visible(SYSTEM, UserQuota).where(UserQuota.owner_id == WHOSE)
    return mine.with_for_update()
