"""What is done again and again: when it is due, and how one run of it goes."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from db.base import utcnow
from db.models import ScheduledRun
from resolvers.access import Permission, require
from resolvers.context import Context
from resolvers.errors import Denial, Refusal
from resolvers.platform import ticks

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Routine:
    """Something that is done on schedule. It must be safe to do twice, or half."""

    name: str
    every: int
    """Seconds from one tick to the next; ticks are counted from 1970."""
    run: Callable[[Context], Awaitable[Mapping[str, int] | None]]
    """It tells what it did, in rows by table or files by folder."""
    purpose: str
    """What it does, in a sentence for whoever looks at the schedule."""

    def tick(self, now: datetime) -> int:
        return int(now.timestamp() // self.every)

    def begins(self, tick: int) -> datetime:
        return datetime.fromtimestamp(tick * self.every, UTC)


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A routine, and how it stands with it."""

    routine: Routine
    last: ScheduledRun | None
    next_at: datetime


async def due(context: Context, routine: Routine, now: datetime) -> bool:
    """Do it, unless it was done since its last tick or another process is at it.

    A run whose process ended is taken over when its lease is over.
    """
    run = await ticks.claim(context, routine.name, routine.tick(now))
    if run is None:
        return False
    async with ticks.kept(context, run):
        counts, error = await _done(context, routine, run)
        await ticks.finish(context, run, counts, error)
    return True


async def standing(context: Context, routines: Sequence[Routine]) -> list[Scheduled]:
    """Each routine with its last run; the next is at once where none was."""
    require(context.actor, Permission.RUN_RETENTION)
    last, now = await ticks.newest(context), utcnow()
    return [_standing(one, last.get(one.name), now) for one in routines]


def _standing(routine: Routine, last: ScheduledRun | None, now: datetime) -> Scheduled:
    return Scheduled(routine, last, routine.begins(last.tick + 1) if last else now)


async def _done(
    context: Context, routine: Routine, run: ScheduledRun
) -> tuple[Mapping[str, int], str | None]:
    """What came of it, and why if it failed. A fault is in the log alone."""
    try:
        return await routine.run(context) or {}, None
    except (Refusal, Denial) as error:
        return {}, str(error)
    except Exception:
        logger.exception("run %s of %s failed", run.id, routine.name)
        return {}, f"our fault; quote {run.id} to have it looked at"
