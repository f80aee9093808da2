"""heliograph migrate: the tables' history."""

from argparse import Namespace
from contextlib import nullcontext

from alembic import command
from alembic.util.exc import CommandError

from db import migrating
from server import startup
from server.commands.output import say
from server.disk import using
from server.failures import Failure
from server.settings import Settings

LOOKS = {
    "check": command.check,
    "current": command.current,
    "history": command.history,
}


async def migrate(settings: Settings, asked: Namespace) -> None:
    settings.data.mkdir(parents=True, exist_ok=True)
    back = settings.embedded and asked.step == "downgrade"
    try:
        with using(settings.data, alone=True) if back else nullcontext():
            await _step(settings.owner, asked)
        if asked.step == "upgrade":
            await startup.granted(settings)
    except CommandError as error:
        raise Failure(str(error).rstrip(".")) from error


async def _step(url: str, asked: Namespace) -> None:
    if look := LOOKS.get(asked.step):
        await migrating.run(url, look)
        return
    if asked.step == "draft":
        await migrating.draft(url, asked.message)
        return
    move = migrating.upgrade if asked.step == "upgrade" else migrating.downgrade
    await move(url, asked.revision)
    pending = await migrating.pending(url)
    say(f"pending: {', '.join(pending)}" if pending else "the tables are up to date")
