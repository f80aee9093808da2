"""What must hold before the server takes a request."""

from datetime import timedelta

from db import migrating
from db.base import utcnow
from db.models import AuditEntry
from resolvers.access import SYSTEM, visible
from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.platform import months
from server.failures import Failure
from server.health import unwritable
from server.settings import Settings

BEHIND = timedelta(minutes=5)
"""How far our clock may be behind the newest entry of the audit log."""


async def migrated(settings: Settings, *, migrate: bool) -> None:
    """Bring the tables forward, or see that they are. Raises Failure."""
    if migrate:
        await migrating.upgrade(settings.database)
    elif pending := await migrating.pending(settings.database):
        names = ", ".join(pending)
        raise Failure(
            f"the database has not seen {names}: run heliograph migrate upgrade"
        )


async def checked(equipment: Equipment) -> None:
    """See that the clock is right and files can be kept. Raises Failure."""
    context = Context(equipment, SYSTEM)
    await _clock(context)
    if wrong := await unwritable(equipment.store):
        raise Failure(f"the store cannot be used: {wrong}")
    await months.prepare(context)


async def _clock(context: Context) -> None:
    """A clock that was set back would put false times into the chain."""
    newest = visible(SYSTEM, AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)
    async with context.database.read() as session:
        entry = await session.scalar(newest)
    if entry and entry.created_at > (now := utcnow()) + BEHIND:
        raise Failure(
            f"the clock says {now:%Y-%m-%d %H:%M} UTC, but the audit log has an entry"
            f" of {entry.created_at:%Y-%m-%d %H:%M} UTC; set the clock first"
        )
