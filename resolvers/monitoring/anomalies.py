"""Anomalies: seen as they are found, and acknowledged."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from db.base import utcnow
from db.models import Anomaly
from resolvers.access import Permission, changeable, require
from resolvers.context import Context
from resolvers.lists import Condition, Listing, matching
from resolvers.monitoring.points import FOUND
from resolvers.news import Event
from resolvers.platform import feeds
from resolvers.sources import Source
from resolvers.writes import Transaction


async def acknowledge(write: Transaction, id_: UUID) -> Anomaly:
    """Say that somebody has seen an anomaly. Whoever was first stays the one."""
    require(write.actor, Permission.ACKNOWLEDGE_ALERTS)
    anomaly = await write.get(Anomaly, id_)
    if not anomaly.acknowledged:
        anomaly.acknowledged = True
        anomaly.acknowledged_by = write.actor.user_id
        anomaly.acknowledged_at = utcnow()
    return anomaly


async def acknowledge_all(
    write: Transaction, conditions: tuple[Condition, ...]
) -> list[UUID]:
    """Acknowledge every anomaly that meets the conditions and was not yet."""
    user_id = require(write.actor, Permission.ACKNOWLEDGE_ALERTS)
    rows = changeable(write.actor, Anomaly).where(~Anomaly.acknowledged)
    chosen = matching(rows, Anomaly, Listing(conditions=conditions))
    ids = chosen.with_only_columns(Anomaly.id).scalar_subquery()
    now: dict[str, Any] = {
        "acknowledged": True,
        "acknowledged_by": user_id,
        "acknowledged_at": utcnow(),
    }
    change = sa.update(Anomaly).where(Anomaly.id.in_(ids)).values(**now)
    changed = list(await write.session.scalars(change.returning(Anomaly.id)))
    said = " and ".join(
        f"{one.column} {one.operator} {one.value}" for one in conditions
    )
    write.changes["anomalies"] = {
        "acknowledged": [None, str(len(changed))],
        "conditions": [None, said],
    }
    return changed


def watch(
    context: Context, analysis_id: UUID | None, after: str | None
) -> Source[Anomaly]:
    """Anomalies as they are found: the actor's, or of one analysis of theirs."""

    async def seen(event: Event) -> Anomaly | None:
        anomaly = await context.arrived(event, Anomaly)
        asked = anomaly and analysis_id in {None, anomaly.analysis_id}
        return anomaly if asked else None

    return feeds.follow(context, (FOUND,), after, seen)
