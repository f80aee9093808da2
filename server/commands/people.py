"""heliograph user: people, for whoever runs the server."""

import csv
import json
import sys
from argparse import Namespace
from collections.abc import Iterator
from getpass import getpass
from pathlib import Path
from typing import Any

from resolvers.access import SYSTEM
from resolvers.context import Context
from resolvers.identity import accounts, imports
from server.commands.output import say
from server.equipment import equipped
from server.failures import Failure
from server.settings import Settings


async def create_admin(settings: Settings, asked: Namespace) -> None:
    password = _password(settings)
    async with equipped(settings.alone) as equipment:
        await accounts.create_admin(Context(equipment, SYSTEM), asked.email, password)
    say(f"{asked.email} may sign in as an administrator")


async def bring(settings: Settings, asked: Namespace) -> None:
    said = people(Path(asked.file))
    async with equipped(settings.alone) as equipment:
        context = Context(equipment, SYSTEM)
        made, known = await imports.bring(context, said)
    say(f"{made} accounts were made; {known} were there")


def people(path: Path) -> Iterator[dict[str, Any]]:
    """What a file says of each of them. Raises Failure."""
    if path.suffix not in {".csv", ".jsonl"}:
        raise Failure(f"{path.name} is neither .csv nor .jsonl")
    with path.open(encoding="utf-8-sig", newline="") as file:
        if path.suffix == ".csv":
            yield from csv.DictReader(file, restkey="a column without a name")
            return
        for number, line in enumerate(file, 1):
            try:
                said = json.loads(line)
            except ValueError as error:
                raise Failure(f"line {number} is no JSON: {error}") from error
            if not isinstance(said, dict):
                raise Failure(f"line {number} is no object")
            yield said


def _password(settings: Settings) -> str:
    """From the settings, or asked for, or the first line of what is piped in."""
    if settings.admin_password:
        return settings.admin_password.get_secret_value()
    if sys.stdin.isatty():
        return getpass("Password: ")
    return sys.stdin.readline().rstrip("\n")
