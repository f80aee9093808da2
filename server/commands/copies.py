"""heliograph backup and restore."""

from argparse import Namespace
from pathlib import Path

from resolvers.access import SYSTEM
from resolvers.context import Context
from resolvers.keys import key_id
from resolvers.platform import rewrapping
from server import backups, keyring
from server.commands.output import say
from server.equipment import equipped
from server.keys import ring
from server.settings import Settings


async def backup(settings: Settings, asked: Namespace) -> None:
    manifest = await backups.save(settings, Path(asked.path))
    files = len(manifest.digests) - 1
    say(f"saved the database and {files} files to {asked.path}")
    say(f"keep {settings.data / keyring.FILE} too, elsewhere: passwords need it")
    say(f"and {settings.data / ring.FILE}: secrets at rest are sealed with it")


async def restore(settings: Settings, asked: Namespace) -> None:
    manifest = await backups.restore(settings, Path(asked.path))
    say(f"restored the backup of {manifest.taken_at}")
    if key_id(keyring.keys(settings).pepper) != manifest.pepper_id:
        say(
            f"nobody can sign in until {settings.data / keyring.FILE} is"
            " the one of the server that was backed up"
        )
    async with equipped(settings.alone) as equipment:
        gone = await rewrapping.lost(Context(equipment, SYSTEM))
    if gone:
        say(
            f"{sum(gone.values())} secrets have to be entered again unless"
            f" {settings.data / ring.FILE} is the one of that server"
        )
