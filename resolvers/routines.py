"""Every routine by its name, and what of retention may be asked for by hand."""

from dataclasses import dataclass

from resolvers.access import Permission, require
from resolvers.audit import expiry as months_of_audit
from resolvers.billing import endings
from resolvers.context import Context
from resolvers.identity import departures
from resolvers.models import daily, expiry
from resolvers.platform import leftovers, months, retention
from resolvers.platform.actions import Done, accounted, act
from resolvers.platform.schedule import Routine, Scheduled, standing
from resolvers.policy import Policy
from resolvers.writes import Transaction

HOUR = 3_600
DAY = 24 * HOUR
ROUTINES = (
    Routine(
        "months",
        DAY,
        months.prepare,
        "Makes the parts of tables for the months ahead, where the database has parts.",
    ),
    Routine(
        "retention",
        HOUR,
        retention.run,
        "Deletes what accounts and requests leave behind, once it has expired.",
    ),
    Routine(
        "predictions",
        HOUR,
        expiry.run,
        "Adds predictions up day by day, and deletes those that have expired.",
    ),
    Routine(
        "subscriptions",
        HOUR,
        endings.expire,
        "Ends subscriptions whose time is up, or that nobody has paid for.",
    ),
    Routine(
        "departures",
        DAY,
        departures.forget,
        "Forgets whose the accounts were that were closed long ago.",
    ),
    Routine(
        "audit",
        DAY,
        months_of_audit.run,
        "Drops months of the audit log that are old enough, once they are in files.",
    ),
    Routine(
        "leftovers",
        DAY,
        leftovers.remove,
        "Removes files that no row names.",
    ),
)
KEPT = (*retention.KEPT, *expiry.KEPT)
"""Whatever expires row by row."""


@dataclass(frozen=True, slots=True)
class Expired:
    """How much of a table has expired."""

    table: str
    kept_seconds: float
    rows: int


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What was deleted, or would be."""

    tables: list[Expired]
    complete: bool
    """Whether nothing is left of it."""


async def schedule(context: Context) -> list[Scheduled]:
    """How it stands with each routine."""
    return await standing(context, ROUTINES)


async def preview(context: Context) -> list[Expired]:
    """What has expired, and is deleted when it is due."""
    require(context.actor, Permission.RUN_RETENTION)
    counts = await retention.counted(context, KEPT)
    return _told(counts, context.equipment.policy)


async def clean(context: Context, action: str, *, dry: bool) -> Done:
    """Delete what has expired, so much of each table as one transaction may.

    Days of predictions are added up before. A dry one counts, and deletes nothing.
    """
    found = await accounted(context, action, _ready(context, dry=dry))
    if isinstance(found, Done):
        return found
    return await act(context, action, None, _clean, found, context.equipment.policy)


async def _ready(context: Context, *, dry: bool) -> dict[str, int] | None:
    """For a dry one what there is to delete; else see that it may be."""
    require(context.actor, Permission.RUN_RETENTION)
    if dry:
        return await retention.counted(context, KEPT)
    await daily.roll_up(context)
    return None


async def _clean(
    write: Transaction, counted: dict[str, int] | None, policy: Policy
) -> Cleaned:
    require(write.actor, Permission.RUN_RETENTION)
    if counted is not None:
        retention.note(write, counted, "expired")
        return Cleaned(_told(counted, policy), not any(counted.values()))
    counts = await retention.some(write, KEPT, policy)
    whole = max(counts.values()) < retention.AT_ONCE
    return Cleaned(_told(counts, policy), whole)


def _told(counts: dict[str, int], policy: Policy) -> list[Expired]:
    return [Expired(one.table, one.seconds(policy), counts[one.table]) for one in KEPT]
