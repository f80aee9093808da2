"""heliograph audit: the log of what was done."""

from argparse import Namespace

from resolvers.access import SYSTEM
from resolvers.audit import verification
from resolvers.context import Context
from server.commands.output import say
from server.equipment import equipped
from server.failures import Failure
from server.settings import Settings


async def verify(settings: Settings, asked: Namespace) -> None:
    async with equipped(settings.alone) as equipment:
        verdict = await verification.verify(Context(equipment, SYSTEM))
    if verdict.damage:
        raise Failure(
            f"the chain is broken at entry {verdict.broken_seq}: {verdict.damage}"
        )
    say(f"the chain is whole: {verdict.checked} entries")
