"""Incidents: one open alert for each, however often its condition fires."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from uuid_utils.compat import uuid7

from compute.conditions import SEVERITIES, Change, Happening, banded
from db.models import Alert, AlertRule, AlertStatus, Analysis, Severity
from resolvers.access import changeable
from resolvers.writes import Transaction

CHANGED = "alert"
"""The kept event of an alert that was raised or changed."""


@dataclass(frozen=True, slots=True)
class Incident:
    """A rule, an analysis, and a batch of its points in which things happened."""

    write: Transaction
    rule: AlertRule
    analysis: Analysis
    stored: Sequence[dict[str, Any]]
    found: Sequence[dict[str, Any]]

    async def apply(self, change: Change) -> None:
        """Raise an alert, or change the one that is open."""
        alert = await self._open()
        match change.happening:
            case Happening.PENDING if alert is None:
                await self._raise(change, AlertStatus.PENDING)
            case Happening.DROPPED if alert and alert.status is AlertStatus.PENDING:
                await self.write.delete(alert)
            case Happening.FIRED if alert is None:
                await self._raise(change, AlertStatus.ACTIVE)
            case Happening.FIRED if alert:
                self._again(alert, change)
            case Happening.HELD if alert is None:  # somebody said that it was over
                await self._raise(change, AlertStatus.ACTIVE)
            case Happening.HELD if alert and self._severity(change) > _rank(alert):
                self._tell(alert, change)
            case Happening.CLEARED if alert:
                alert.status, alert.resolved_at = AlertStatus.RESOLVED, self._at(change)
                self._tell(alert, change)
            case _:
                pass

    async def _open(self) -> Alert | None:
        return await open_alert(self.write, self._fingerprint())

    async def _raise(self, change: Change, status: AlertStatus) -> None:
        at = self._at(change)
        alert = Alert(
            id=uuid7(),
            owner_id=self.rule.owner_id,
            alert_rule_id=self.rule.id,
            dataset_id=self.analysis.dataset_id,
            analysis_id=self.analysis.id,
            fingerprint=self._fingerprint(),
            status=status,
            severity=Severity(SEVERITIES[self._severity(change)]),
            occurrences=int(status is AlertStatus.ACTIVE),
            triggered_at=at,
            last_fired_at=at,
        )
        self._tell(alert, change)
        await self.write.add(alert)

    def _again(self, alert: Alert, change: Change) -> None:
        alert.last_fired_at = self._at(change)
        if alert.status is AlertStatus.PENDING:
            alert.status, alert.triggered_at = AlertStatus.ACTIVE, alert.last_fired_at
        alert.occurrences += 1
        self._tell(alert, change)

    def _tell(self, alert: Alert, change: Change) -> None:
        """Keep the figures of a change with its alert, and let it be heard of."""
        if change.happening is not Happening.CLEARED:
            alert.severity = self._worse(alert, change)
            alert.anomaly_id = self._anomaly(change) or alert.anomaly_id
        alert.data = {
            "figure": change.figure,
            "processOrder": self.stored[change.place]["process_order"],
        }
        self.write.remember(CHANGED, alert)

    def _worse(self, alert: Alert, change: Change) -> Severity:
        """It rises with the incident, and never falls."""
        ranks = (_rank(alert), self._severity(change))
        return Severity(SEVERITIES[max(ranks)])

    def _severity(self, change: Change) -> int:
        banded_ = self.rule.condition["bands"] and banded(change.figure)
        return SEVERITIES.index(banded_ or self.rule.severity.value)

    def _anomaly(self, change: Change) -> Any:
        """The newest anomaly of the batch, up to the point of the change."""
        order = self.stored[change.place]["process_order"]
        until = [one["id"] for one in self.found if one["process_order"] <= order]
        return until[-1] if until else None

    def _at(self, change: Change) -> Any:
        return self.stored[change.place]["timestamp"]

    def _fingerprint(self) -> str:
        return fingerprint(f"{self.rule.id} {self.analysis.id}")


def fingerprint(incident: str) -> str:
    """What the alerts of an incident have in common."""
    return hashlib.sha256(incident.encode()).hexdigest()


async def open_alert(write: Transaction, of: str) -> Alert | None:
    """The alert of a fingerprint that is not over; the unique index allows only one."""
    mine = changeable(write.actor, Alert).where(
        Alert.fingerprint == of, Alert.status != AlertStatus.RESOLVED
    )
    return await write.session.scalar(mine.with_for_update())


def _rank(alert: Alert) -> int:
    return SEVERITIES.index(alert.severity.value)
