"""heliograph demo: something to look at."""

from argparse import Namespace

from server import demo as story
from server.commands.output import say
from server.demo.playing import play
from server.equipment import equipped
from server.settings import Settings


async def demo(settings: Settings, asked: Namespace) -> None:
    """Load the demo, or play its readings to a server that has it."""
    if asked.play:
        for sentence in play(f"http://{settings.host}:{settings.port}", asked.pace):
            say(sentence)
        return
    async with equipped(settings.alone) as equipment:
        if not (asked.anyway or await story.login(equipment)):
            story.refuse(settings.host)
        await story.load(equipment)
