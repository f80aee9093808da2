"""heliograph demo: something to look at."""

from argparse import Namespace

from server import demo as story
from server.equipment import equipped
from server.settings import Settings


async def demo(settings: Settings, asked: Namespace) -> None:
    async with equipped(settings.alone) as equipment:
        await story.load(equipment)
