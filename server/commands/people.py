"""heliograph user: people, for whoever runs the server."""

import sys
from argparse import Namespace
from getpass import getpass

from resolvers.access import SYSTEM
from resolvers.context import Context
from resolvers.identity import accounts
from server.commands.output import say
from server.equipment import equipped
from server.settings import Settings


async def create_admin(settings: Settings, asked: Namespace) -> None:
    password = _password(settings)
    async with equipped(settings.alone) as equipment:
        await accounts.create_admin(Context(equipment, SYSTEM), asked.email, password)
    say(f"{asked.email} may sign in as an administrator")


def _password(settings: Settings) -> str:
    """From the settings, or asked for, or the first line of what is piped in."""
    if settings.admin_password:
        return settings.admin_password.get_secret_value()
    if sys.stdin.isatty():
        return getpass("Password: ")
    return sys.stdin.readline().rstrip("\n")
