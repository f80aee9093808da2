"""What is done again and again, each time by one process of all."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from resolvers.access import SYSTEM
from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.models import expiry
from resolvers.platform import leftovers, months, retention, ticks

PAUSE = 30.0
"""Seconds between two looks at what is due."""
HOUR = 3_600
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Routine:
    name: str
    every: int
    """Seconds from one tick to the next; ticks are counted from 1970."""
    run: Callable[[Context], Awaitable[None]]


ROUTINES = (
    Routine("months", 24 * HOUR, months.prepare),
    Routine("retention", HOUR, retention.run),
    Routine("predictions", HOUR, expiry.run),
    Routine("leftovers", 24 * HOUR, leftovers.remove),
)


async def run(equipment: Equipment) -> None:
    """Do what is due until cancelled. What fails is done at its next tick."""
    while True:
        for routine in ROUTINES:
            try:
                await due(equipment, routine, time.time())
            except Exception:  # the database may be gone; it will be back
                logger.exception("%s failed", routine.name)
        await asyncio.sleep(PAUSE)


async def due(equipment: Equipment, routine: Routine, now: float) -> bool:
    """Do it, unless it was done since its last tick or another process is at it."""
    context = Context(equipment, SYSTEM)
    if not await ticks.claim(context, routine.name, int(now // routine.every)):
        return False
    await routine.run(context)
    return True
