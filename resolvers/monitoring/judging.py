"""Rules are asked of every batch of points, and incidents come of what they say."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from compute import conditions
from compute.conditions import Point, State
from db.base import utcnow
from db.models import AlertRule, Analysis, Anomaly, MonitorPoint, Severity
from resolvers.access import changeable, visible
from resolvers.monitoring.incidents import Incident
from resolvers.monitoring.rules import condition_of
from resolvers.writes import Transaction


async def judge(
    write: Transaction,
    analysis: Analysis,
    stored: Sequence[dict[str, Any]],
    found: Sequence[dict[str, Any]],
) -> None:
    """Ask the rules of a dataset about points that were just stored."""
    rules = await _rules(write, analysis)
    if not rules:
        return
    read = {rule.id: condition_of(rule) for rule in rules}
    most = max(condition.window for condition in read.values())
    before = await _before(write, analysis, stored[0]["process_order"], most - 1)
    severities = {one["process_order"]: one["severity"] for one in found}
    new = [_point(row, severities.get(row["process_order"])) for row in stored]
    for rule in rules:
        state = State(**rule.states.get(str(analysis.id), {}))
        asked = (read[rule.id], state, before, new)
        state, changes = conditions.followed(*asked)
        incident = Incident(write, rule, analysis, stored, found)
        for change in changes:
            await incident.apply(change)
        await _keep(write, rule, {**rule.states, str(analysis.id): asdict(state)})


async def _rules(write: Transaction, analysis: Analysis) -> list[AlertRule]:
    rows = changeable(write.actor, AlertRule).where(
        AlertRule.dataset_id == analysis.dataset_id,
        AlertRule.owner_id == analysis.owner_id,
        AlertRule.is_active,
    )
    locked = rows.order_by(AlertRule.id).with_for_update()
    return list(await write.session.scalars(locked))


async def _keep(write: Transaction, rule: AlertRule, states: dict[str, Any]) -> None:
    """Write down where a rule stands; its version is of what its owner says of it."""
    kept = {"states": states, "last_evaluated_at": utcnow()}
    for name, value in kept.items():
        write.note(rule, name, getattr(rule, name), value)
    same = {"version": AlertRule.version, "updated_at": AlertRule.updated_at}
    change = sa.update(AlertRule).where(AlertRule.id == rule.id).values(**kept, **same)
    await write.session.execute(
        change, execution_options={"synchronize_session": False}
    )


async def _before(
    write: Transaction, analysis: Analysis, first: int, most: int
) -> list[Point]:
    """The last points before a place, in order of the process."""
    earlier = visible(write.actor, MonitorPoint, by_key=True).where(
        MonitorPoint.analysis_id == analysis.id, MonitorPoint.process_order < first
    )
    rows = earlier.outerjoin(Anomaly, Anomaly.monitor_point_id == MonitorPoint.id)
    last = rows.order_by(MonitorPoint.process_order.desc()).limit(most)
    seen = (MonitorPoint.timestamp, MonitorPoint.distance, MonitorPoint.threshold)
    columns = last.with_only_columns(*seen, Anomaly.severity)
    found = (await write.session.execute(columns)).all()
    return [_seen(*one) for one in reversed(found)]


def _point(row: dict[str, Any], severity: Severity | None) -> Point:
    return _seen(row["timestamp"], row["distance"], row["threshold"], severity)


def _seen(
    at: datetime, distance: float, threshold: float, severity: Severity | None
) -> Point:
    return Point(at.timestamp(), distance / threshold, severity and severity.value)
