"""What is done again and again, each time by one process of all."""

import asyncio
import logging

from db.base import utcnow
from resolvers.access import SYSTEM
from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.platform import schedule
from resolvers.platform.schedule import Routine
from resolvers.routines import ROUTINES
from server import checkpoints

PAUSE = 30.0
"""Seconds between two looks at whether something is due."""
logger = logging.getLogger(__name__)


async def run(equipment: Equipment) -> None:
    """Do what is due until cancelled. What fails is done at its next tick.

    No routine waits for another.
    """
    async with asyncio.TaskGroup() as group:
        group.create_task(checkpoints.watch(equipment))
        for routine in ROUTINES:
            group.create_task(_again(equipment, routine))


async def _again(equipment: Equipment, routine: Routine) -> None:
    while True:
        try:
            await schedule.due(Context(equipment, SYSTEM), routine, utcnow())
        except Exception:  # the database may be gone; it will be back
            logger.exception("%s failed", routine.name)
        await asyncio.sleep(PAUSE)
