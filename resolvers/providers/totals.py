"""What somebody spends on AI providers in a day and its month, and may spend."""

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from db.models import PeriodKind, ProviderReservation, ProviderUsage, User, UserQuota
from db.types import Moment
from resolvers.access import SYSTEM, Actor, visible
from resolvers.allowances import MONEY, Allowance, LimitScope
from resolvers.billing import counters
from resolvers.billing.usage import Asked
from resolvers.writes import Transaction

WHOSE = sa.bindparam("whose", type_=sa.Uuid())
NOW = sa.bindparam("now", type_=Moment())
DAY, FIRST, LAST = (
    sa.bindparam(name, type_=sa.Date()) for name in ("day", "first", "last")
)
LIMITS = {
    LimitScope.QUOTA_DAY: UserQuota.daily_limit,
    LimitScope.QUOTA_MONTH: UserQuota.monthly_limit,
    LimitScope.COST_DAY: UserQuota.daily_cost_limit,
    LimitScope.COST_MONTH: UserQuota.monthly_cost_limit,
}
"""What a quota says of each scope, in the order in which they are looked at."""
PERIODS = {
    scope: PeriodKind.DAY if scope.endswith("day") else PeriodKind.MONTH
    for scope in LIMITS
}
NAMES = {scope: "cost" if scope in MONEY else "calls" for scope in LIMITS}
"""What is counted of each."""
COSTS = tuple(scope for scope in LIMITS if scope in MONEY)


@dataclass(frozen=True, slots=True)
class Totals:
    """Limits, and how far they are used; money in millionths of a dollar."""

    limits: Mapping[LimitScope, int | None]
    used: Mapping[LimitScope, int]
    """What counts against them: what was spent, and what is set aside."""
    spent: Mapping[LimitScope, int]
    """The money that was spent."""

    def allowances(self, day: date) -> list[Allowance]:
        """The limits that there are, in the order in which they are looked at."""
        return [
            Allowance(
                scope,
                f"provider_{NAMES[scope]}",
                limit,
                self.used[scope],
                counters.resets_at(PERIODS[scope], midnight(day)),
            )
            for scope, limit in self.limits.items()
            if limit is not None
        ]


def midnight(day: date) -> datetime:
    """When a day begins."""
    return datetime.combine(day, time(), UTC)


def today(now: datetime) -> date:
    """The day of a moment."""
    return now.astimezone(UTC).date()


def span(day: date) -> dict[str, date]:
    """A day, and the first and the last of its month."""
    last = calendar.monthrange(day.year, day.month)[1]
    return {"day": day, "first": day.replace(day=1), "last": day.replace(day=last)}


async def of_day(
    write: Transaction, owner_id: UUID, day: date, now: datetime
) -> Totals:
    """What somebody spends in a day and its month, as it is now."""
    given = {"whose": owner_id, "now": now, **span(day)}
    [found] = await write.run(_totals, **given)
    return _read(found)


async def of_quota(asked: Asked) -> list[Allowance]:
    """The limits of somebody's quota."""
    day = today(asked.now)
    given = {"whose": asked.user_id, "now": asked.now, **span(day)}
    found = (await asked.session.execute(_totals(SYSTEM), given)).one()
    return _read(found).allowances(day)


def fitting(more: Mapping[LimitScope, Any]) -> sa.Select[Any]:
    """One row of the user, if so much more is within the quota; else none."""
    rows, lines = _rows()
    fits = (
        limit.is_(None) | (_sum(lines, NAMES[scope], scope) + more[scope] <= limit)
        for scope, limit in LIMITS.items()
    )
    return rows.having(sa.and_(*fits))


def _totals(_: Actor) -> Any:
    rows, lines = _rows()
    limits = (sa.type_coerce(limit, sa.BigInteger()) for limit in LIMITS.values())
    used = (_sum(lines, name, scope) for scope, name in NAMES.items())
    spent = (_sum(lines, "spent", scope) for scope in COSTS)
    return rows.with_only_columns(*limits, *used, *spent)


def _read(found: Sequence[Any]) -> Totals:
    limits, used, spent = found[:4], found[4:8], found[8:]
    return Totals(
        dict(zip(LIMITS, limits, strict=True)),
        dict(zip(LIMITS, used, strict=True)),
        dict(zip(COSTS, spent, strict=True)),
    )


def _rows() -> tuple[sa.Select[Any], sa.Subquery]:
    """A user with their quota, as one group with all lines that count."""
    lines = _lines()
    users = visible(SYSTEM, User).where(User.id == WHOSE)
    rows = users.outerjoin(UserQuota, UserQuota.owner_id == User.id)
    return rows.outerjoin(lines, sa.true()).group_by(*LIMITS.values()), lines


def _lines() -> sa.Subquery:
    """What was spent in a month, and what is set aside until it expires."""
    usage, open_ = ProviderUsage, ProviderReservation
    spent = visible(SYSTEM, usage).where(
        usage.owner_id == WHOSE, usage.date.between(FIRST, LAST)
    )
    aside = visible(SYSTEM, open_).where(
        open_.owner_id == WHOSE,
        open_.date.between(FIRST, LAST),
        open_.settled_at.is_(None),
        open_.expires_at > NOW,
    )
    cost, amount = (
        sa.type_coerce(one, sa.BigInteger()) for one in (usage.cost_usd, open_.amount)
    )
    one, none = (sa.literal_column(said, sa.BigInteger()) for said in ("1", "0"))
    named = ("date", "calls", "cost", "spent")
    lines = (usage.date, usage.requests_count, cost, cost)
    labelled = [line.label(name) for line, name in zip(lines, named, strict=True)]
    return sa.union_all(
        spent.with_only_columns(*labelled),
        aside.with_only_columns(open_.date, one, amount, none),
    ).subquery()


def _sum(lines: sa.Subquery, name: str, scope: LimitScope) -> Any:
    number: Any = lines.c[name]
    if PERIODS[scope] is PeriodKind.DAY:
        number = sa.case((lines.c.date == DAY, number), else_=0)
    return sa.cast(sa.func.coalesce(sa.func.sum(number), 0), sa.BigInteger())
