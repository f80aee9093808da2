"""What must hold before the server takes a request."""

import logging
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from db import grants, migrating, walls
from db.base import utcnow
from db.models import AuditEntry
from db.session import Database
from resolvers.access import SYSTEM, visible
from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.platform import months, rewrapping
from server.failures import Failure
from server.health import unwritable
from server.settings import Settings

BEHIND = timedelta(minutes=5)
"""How far our clock may be behind the newest entry of the audit log."""
logger = logging.getLogger(__name__)


async def migrated(settings: Settings, *, migrate: bool) -> None:
    """Bring the tables forward, or see that they are. Raises Failure."""
    if migrate:
        await migrating.upgrade(settings.owner)
        await granted(settings)
    elif pending := await migrating.pending(settings.database):
        names = ", ".join(pending)
        raise Failure(
            f"the database has not seen {names}: run heliograph migrate upgrade"
        )


async def granted(settings: Settings) -> None:
    """Let the server's role use the tables, where they are another's."""
    role = make_url(settings.database).username
    if settings.database_owner_url and role:
        await grants.give(settings.owner, role)


async def walled(database: Database, wall: str) -> None:
    """See that the database shows nobody what is another's. Raises Failure."""
    if database.dialect != "postgresql" or wall == "off":
        return
    async with database.read() as session:
        without = list(await session.scalars(sa.text(walls.WITHOUT)))
        over = await session.scalar(sa.text(walls.OVER))
    if without:
        raise Failure(f"these tables have no row-level security: {', '.join(without)}")
    if over:
        said = f"row-level security does not hold for the database role {over}"
        if wall == "require":
            raise Failure(f"{said}: use one that is NOSUPERUSER NOBYPASSRLS")
        logger.warning("%s: see HELIOGRAPH_WALL", said)


async def checked(equipment: Equipment) -> None:
    """See that the clock is right and files can be kept. Raises Failure."""
    context = Context(equipment, SYSTEM)
    await _clock(context)
    if wrong := await unwritable(equipment.store):
        raise Failure(f"the store cannot be used: {wrong}")
    await months.prepare(context)
    await _secrets(context)


async def _secrets(context: Context) -> None:
    """Warn of secrets that cannot be read; they are shown as to be entered again."""
    for id_, count in (await rewrapping.lost(context)).items():
        logger.warning("%d secrets are under the key %s, which is not here", count, id_)


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
