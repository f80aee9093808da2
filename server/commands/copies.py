"""heliograph backup and restore."""

from argparse import Namespace
from pathlib import Path

from resolvers.keys import key_id
from server import backups, keyring
from server.commands.output import say
from server.settings import Settings


async def backup(settings: Settings, asked: Namespace) -> None:
    manifest = await backups.save(settings, Path(asked.path))
    files = len(manifest.digests) - 1
    say(f"saved the database and {files} files to {asked.path}")
    say(f"keep {settings.data / keyring.FILE} too, elsewhere: passwords need it")


async def restore(settings: Settings, asked: Namespace) -> None:
    manifest = await backups.restore(settings, Path(asked.path))
    say(f"restored the backup of {manifest.taken_at}")
    if key_id(keyring.keys(settings).pepper) != manifest.pepper_id:
        say(
            f"nobody can sign in until {settings.data / keyring.FILE} is"
            " the one of the server that was backed up"
        )
