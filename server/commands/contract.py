"""heliograph schema: what clients are promised."""

from argparse import Namespace

from schema import schema as contract
from server.commands.output import say
from server.settings import Settings


async def schema(settings: Settings, asked: Namespace) -> None:
    say(str(contract))
