"""heliograph audit: the log of what was done."""

import gzip
import zlib
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import BinaryIO

from resolvers.access import SYSTEM
from resolvers.audit import reading, verification
from resolvers.audit.walking import Damage, Verdict
from resolvers.context import Context
from server.checkpoints import public
from server.commands.output import say
from server.equipment import equipped
from server.failures import Failure
from server.settings import Settings

PACKED = b"\x1f\x8b"
"""How a file begins that gzip wrote."""
NAMED = 20
"""Entries of which the numbers are told."""


async def verify(settings: Settings, asked: Namespace) -> None:
    """Verify the chain of the database, or exports, for which it takes none."""
    if asked.files:
        _examine(asked.files, asked.key and public("--key", asked.key))
        return
    async with equipped(settings.alone) as equipment:
        verdict = await verification.verify(Context(equipment, SYSTEM))
    _judge(verdict)
    behind = verdict.last_seq - verdict.signed_seq
    vouched = f"the chain alone vouches for the {behind} behind it"
    say(f"signed up to entry {verdict.signed_seq}; {vouched}")


def _examine(paths: Sequence[Path], key: str | None) -> None:
    """Verify exports, of which later ones say whose payloads earlier ones miss."""
    signer, told = key, dict[str, int]()
    for path in reversed(paths):
        found = _examined(path, signer, told)
        signer, told = found.public_key, dict(found.told)
        if found.verdict.damage is Damage.ERASED:
            raise Failure(_erased(path, found.verdict))
        _judge(found.verdict)
        say(f"entries {found.first} to {found.last}, signed by {found.public_key}")
    if key is None:
        say("whose key that is, only its owner can tell: give it as --key")


def _examined(path: Path, key: str | None, told: Mapping[str, int]) -> reading.Examined:
    try:
        with path.open("rb") as file:
            return reading.examined(_lines(file), key, told)
    except (reading.NoExport, gzip.BadGzipFile, zlib.error) as error:
        raise Failure(f"{path} is no export of an audit log: {error}") from error


def _erased(path: Path, verdict: Verdict) -> str:
    """Whose payloads are gone from a file without a word."""
    named = ", ".join(map(str, verdict.silent[:NAMED]))
    more = len(verdict.silent) - NAMED
    which = f"{named} and {more} more" if more > 0 else named
    return (
        f"{path} has no payload of entries {which}, and does not say whose were erased;"
        " name later exports behind it, one of which may say so"
    )


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
    erased = f"{verdict.erased} of them erased"
    say(f"the chain is whole: {verdict.checked} entries, {erased}")
