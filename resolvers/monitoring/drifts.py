"""Rules are asked of every check for drift, and alerts come of what they say."""

from typing import Any

from uuid_utils.compat import uuid7

from compute.conditions import COMPARED, SEVERITIES, Condition, Metric
from db.base import utcnow
from db.models import (
    Alert,
    AlertRule,
    AlertSource,
    AlertStatus,
    CheckRun,
    CheckVerdict,
    Severity,
)
from resolvers.monitoring.incidents import CHANGED, fingerprint, open_alert
from resolvers.monitoring.judging import keep, rules_of
from resolvers.monitoring.rules import condition_of
from resolvers.writes import Transaction


async def judge(write: Transaction, check: CheckRun, share: float) -> None:
    """Ask the rules of a dataset about a check of it that has just ended.

    share  of its columns that drifted, from 0 to 1

    By a check that could not tell nothing is raised, and nothing is over.
    """
    if check.verdict is CheckVerdict.UNKNOWN:
        return
    for rule in await rules_of(write, check.dataset_id, check.owner_id):
        condition = condition_of(rule)
        if condition.metric is Metric.DRIFT:
            holds = _holds(condition, check, share)
            await _tell(write, rule, check, share, holds=holds)
            await keep(write, rule, rule.states)


def _holds(condition: Condition, check: CheckRun, share: float) -> bool:
    """Whether there is too much drift; never by a check that found none."""
    too_much = bool(COMPARED[condition.operator](share, condition.threshold))
    return too_much and check.verdict is CheckVerdict.FAILED


async def _tell(
    write: Transaction, rule: AlertRule, check: CheckRun, share: float, *, holds: bool
) -> None:
    """Raise an alert, or change the one that is open."""
    of = fingerprint(f"{rule.id} drift")
    alert = await open_alert(write, of)
    if alert is None and not holds:
        return
    figures: dict[str, Any] = {"figure": share, "check": check.name}
    if alert is None:
        about = {"check_run_id": check.id, "data": figures}
        alert = await write.add(_raised(rule, of, **about))
    else:
        alert.check_run_id, alert.data = check.id, figures
        _change(alert, rule, holds=holds)
    write.remember(CHANGED, alert)


def _raised(rule: AlertRule, of: str, **about: Any) -> Alert:
    now = utcnow()
    return Alert(
        id=uuid7(),
        owner_id=rule.owner_id,
        alert_rule_id=rule.id,
        dataset_id=rule.dataset_id,
        source=AlertSource.DRIFT,
        severity=rule.severity,
        fingerprint=of,
        triggered_at=now,
        last_fired_at=now,
        **about,
    )


def _change(alert: Alert, rule: AlertRule, *, holds: bool) -> None:
    if not holds:
        alert.status, alert.resolved_at = AlertStatus.RESOLVED, utcnow()
        return
    alert.occurrences += 1
    alert.last_fired_at = utcnow()
    alert.severity = max(alert.severity, rule.severity, key=_rank)


def _rank(severity: Severity) -> int:
    return SEVERITIES.index(severity.value)
