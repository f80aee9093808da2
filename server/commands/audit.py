"""heliograph audit: the log of what was done."""

import gzip
import zlib
from argparse import Namespace
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import BinaryIO

from resolvers.access import SYSTEM
from resolvers.audit import reading, verification
from resolvers.audit.walking import Verdict
from resolvers.context import Context
from server.commands.output import say
from server.equipment import equipped
from server.failures import Failure
from server.settings import Settings

PACKED = b"\x1f\x8b"
"""How a file begins that gzip wrote."""


async def verify(settings: Settings, asked: Namespace) -> None:
    """Verify the chain of the database, or an export, for which it takes none."""
    if asked.file is not None:
        _examine(asked.file, asked.key)
        return
    async with equipped(settings.alone) as equipment:
        _judge(await verification.verify(Context(equipment, SYSTEM)))


def _examine(path: Path, key: str | None) -> None:
    try:
        with path.open("rb") as file:
            found = reading.examined(_lines(file), key and key.lower())
    except (reading.NoExport, gzip.BadGzipFile, zlib.error) as error:
        raise Failure(f"{path} is no export of an audit log: {error}") from error
    _judge(found.verdict)
    say(f"entries {found.first} to {found.last}, signed by {found.public_key}")
    if key is None:
        say("whose key that is, only its owner can tell: give it as --key")


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file, packed or not, up to where it was cut off."""
    packed = file.read(len(PACKED)) == PACKED
    file.seek(0)
    with suppress(EOFError), gzip.open(file) if packed else nullcontext(file) as lines:
        yield from lines


def _judge(verdict: Verdict) -> None:
    """Tell that it is whole. Raises Failure where it is not."""
    if verdict.damage:
        raise Failure(
            f"the chain is broken at entry {verdict.broken_seq}: {verdict.damage}"
        )
    say(f"the chain is whole: {verdict.checked} entries")
