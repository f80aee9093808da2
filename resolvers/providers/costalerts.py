"""Alerts of cost: each once, when so much of a limit is spent in a day or a month."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.dialects import postgresql, sqlite

from db import rows
from db.base import utcnow
from db.models import Alert, AlertSource, CostAlertType, Severity
from db.types import dollars
from resolvers.access import Actor
from resolvers.allowances import LimitScope
from resolvers.billing.counters import key_of
from resolvers.monitoring.incidents import CHANGED, fingerprint
from resolvers.providers import totals
from resolvers.writes import Transaction

THRESHOLDS = {80: Severity.MEDIUM, 90: Severity.HIGH, 100: Severity.CRITICAL}
"""Percentages of a limit, and how soon someone should look."""
CALLED = {LimitScope.COST_DAY: "daily", LimitScope.COST_MONTH: "monthly"}


@dataclass(frozen=True, slots=True)
class Crossed:
    """A threshold of a limit that was reached in a period."""

    owner_id: UUID
    scope: LimitScope
    percent: int
    period: str
    spent: int
    limit: int

    @property
    def alert(self) -> Alert:
        now, kind = utcnow(), CostAlertType(f"{CALLED[self.scope]}_{self.percent}")
        spent, limit = str(dollars(self.spent)), str(dollars(self.limit))
        return Alert(
            owner_id=self.owner_id,
            source=AlertSource.COST,
            cost_alert_type=kind,
            threshold_percentage=self.percent,
            severity=THRESHOLDS[self.percent],
            fingerprint=fingerprint(f"{self.owner_id} {kind} {self.period}"),
            data={"period": self.period, "spent": spent, "limit": limit},
            triggered_at=now,
            last_fired_at=now,
        )


async def tell(write: Transaction, owner_id: UUID, day: date) -> None:
    """Raise what was reached in a day and its month, and not told in it before.

    Two at a time would not see what the other spends: lock the user first.
    """
    spent = await totals.of_day(write, owner_id, day, utcnow())
    for crossed in _crossed(spent, owner_id, day):
        alert = crossed.alert
        values = rows.completed(alert)
        if await write.run(_raising, write.writing.dialect, **values):
            write.note(alert, "cost_alert_type", None, alert.cost_alert_type)
            write.remember(CHANGED, alert)


def _crossed(of: totals.Totals, owner_id: UUID, day: date) -> list[Crossed]:
    """Every threshold that is reached. What is only set aside reaches none."""
    return [
        Crossed(owner_id, scope, percent, _period(scope, day), spent, limit)
        for scope, spent in of.spent.items()
        if spent and (limit := of.limits[scope]) is not None
        for percent in THRESHOLDS
        if spent * 100 >= limit * percent
    ]


def _period(scope: LimitScope, day: date) -> str:
    return key_of(totals.PERIODS[scope], totals.midnight(day))


def _raising(_: Actor, dialect: str) -> Any:
    """The unique index knows what was told, also of alerts that are over."""
    speech: Any = {"postgresql": postgresql, "sqlite": sqlite}[dialect]
    return speech.insert(Alert).on_conflict_do_nothing().returning(Alert.id)
