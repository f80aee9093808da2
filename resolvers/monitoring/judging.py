"""Rules are asked of every batch of points, and incidents come of what they say."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from compute import conditions
from compute.conditions import Metric, Point, State
from db.base import utcnow
from db.models import AlertRule, Analysis, Anomaly, MonitorPoint, Severity
from resolvers.access import Actor, changeable, visible
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
    rules = await rules_of(write, analysis.dataset_id, analysis.owner_id)
    read = {rule.id: condition_of(rule) for rule in rules}
    rules = [rule for rule in rules if read[rule.id].metric is not Metric.DRIFT]
    if not rules:
        return
    most = max(read[rule.id].window for rule in rules)
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
        await keep(write, rule, {**rule.states, str(analysis.id): asdict(state)})


async def rules_of(
    write: Transaction, dataset_id: UUID | None, owner_id: UUID
) -> list[AlertRule]:
    """The rules of a dataset that are asked, locked until the write ends."""
    return await write.take(AlertRule, _asked, dataset=dataset_id, owner=owner_id)


def _asked(actor: Actor) -> sa.Select[AlertRule]:
    dataset, owner = (
        sa.bindparam(one, type_=sa.Uuid()) for one in ("dataset", "owner")
    )
    rows = changeable(actor, AlertRule).where(
        AlertRule.dataset_id == dataset,
        AlertRule.owner_id == owner,
        AlertRule.is_active,
    )
    return rows.order_by(AlertRule.id).with_for_update()


async def keep(write: Transaction, rule: AlertRule, states: dict[str, Any]) -> None:
    """Write down where a rule stands; its version is of what its owner says of it."""
    kept = {"states": states, "last_evaluated_at": utcnow()}
    for name, value in kept.items():
        write.note(rule, name, getattr(rule, name), value)
    await write.run(_kept, rule=rule.id, stand=states, at=kept["last_evaluated_at"])


def _kept(_: Actor) -> sa.Update:
    rule = AlertRule.id == sa.bindparam("rule")
    kept = {"states": sa.bindparam("stand"), "last_evaluated_at": sa.bindparam("at")}
    same = {"version": AlertRule.version, "updated_at": AlertRule.updated_at}
    return sa.update(AlertRule).where(rule).values(**kept, **same)


async def _before(
    write: Transaction, analysis: Analysis, first: int, most: int
) -> list[Point]:
    """The last points before a place, in order of the process."""
    values = {"analysis": analysis.id, "first": first, "most": most}
    found = await write.run(_earlier, **values)
    return [_seen(*one) for one in reversed(found)]


def _earlier(actor: Actor) -> Any:
    analysis = sa.bindparam("analysis", type_=sa.Uuid())
    earlier = visible(actor, MonitorPoint, by_key=True).where(
        MonitorPoint.analysis_id == analysis,
        MonitorPoint.process_order < sa.bindparam("first"),
    )
    rows = earlier.outerjoin(Anomaly, Anomaly.monitor_point_id == MonitorPoint.id)
    last = rows.order_by(MonitorPoint.process_order.desc())
    seen = (MonitorPoint.timestamp, MonitorPoint.distance, MonitorPoint.threshold)
    last = last.limit(sa.bindparam("most", type_=sa.Integer()))
    return last.with_only_columns(*seen, Anomaly.severity)


def _point(row: dict[str, Any], severity: Severity | None) -> Point:
    return _seen(row["timestamp"], row["distance"], row["threshold"], severity)


def _seen(
    at: datetime, distance: float, threshold: float, severity: Severity | None
) -> Point:
    return Point(at.timestamp(), distance / threshold, severity and severity.value)
