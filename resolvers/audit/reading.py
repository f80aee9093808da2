"""Exports of the log, read and verified where there is no database."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import orjson

from resolvers.audit.canonical import WHOLE, Said, canonical
from resolvers.audit.signing import EXPORT, Checkpoint, signable, sound, verified
from resolvers.audit.verification import begun
from resolvers.audit.walking import Damage, Verdict, Walk

TEXTS = ("prev_hash", "salt", "signature", "payload_digest")


class NoExport(Exception):
    """A file is none that this server has written."""


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found in an export, and what it says of itself."""

    verdict: Verdict
    first: int
    last: int
    public_key: str
    """Whose signature it has. It proves nothing unless it is known from elsewhere."""
    told: Mapping[str, int] = field(default_factory=dict[str, int])
    """Whose payloads were erased, as its entries say or those of later exports."""


def examined(
    lines: Iterable[bytes],
    key: str | None = None,
    told: Mapping[str, int] | None = None,
) -> Examined:
    """Verify an export, by a public key if one is given. Raises NoExport.

    What later exports `told`, with the same key, explains payloads that are gone.
    """
    left = iter(lines)
    header = _header(next(left, b""))
    first, last, signer = header["first"], header["last"], header["public_key"]

    def found(verdict: Verdict, told: Mapping[str, int] | None = None) -> Examined:
        return Examined(verdict, first, last, signer, told or {})

    def believes(public_key: str) -> bool:
        return key is None or public_key == key

    text = signable(EXPORT, header)
    if not believes(signer) or not verified(signer, header["signature"], text):
        return found(Verdict(0, first - 1, first, Damage.FORGED))
    made, line = list[Checkpoint](), next(left, b"")
    while line.startswith(b'{"checkpoint":'):
        if (read := _checkpoint(line)) is None or not sound(read, believes):
            seq = read.size if read else first
            return found(Verdict(0, first - 1, seq, Damage.FORGED))
        made.append(read)
        line = next(left, b"")
    walk = begun(first, last, made)
    walk.before = walk.before or header["prev_hash"]
    walk.hear(told or {})
    _walk(walk, chain([line], left))
    return found(walk.verdict(header["last_hash"]), walk.told)


def _walk(walk: Walk, lines: Iterable[bytes]) -> None:
    """Go over the lines of entries. One that cannot be read was edited."""
    for line in lines:
        if not line.endswith(b"\n"):
            break  # the file was cut off here
        if not walk.take([_entry(line)]):
            break


def _header(line: bytes) -> dict[str, Any]:
    """What the first line says. Raises NoExport."""
    names = {"first", "last", "last_hash", "prev_hash", "public_key", "signature", "ts"}
    header: Any = (_parsed(line) or {}).get("export")
    numbers = ("first", "last", "ts")
    if not isinstance(header, dict) or set(header) != names:
        raise NoExport("its first line does not say what it is an export of")
    if not all(isinstance(header[name], int) == (name in numbers) for name in names):
        raise NoExport("its first line does not say from which entry to which it goes")
    return header


def _checkpoint(line: bytes) -> Checkpoint | None:
    try:
        return Checkpoint(**(_parsed(line) or {})["checkpoint"])
    except (KeyError, TypeError):
        return None


def _entry(line: bytes) -> Said | None:
    """An entry of its line, to the byte as it was written; else None."""
    entry = _parsed(line)
    if entry is None or entry.keys() != WHOLE:
        return None
    texts = all(isinstance(entry[name], str) for name in TEXTS)
    whole = type(entry["seq"]) is int and isinstance(entry["payload"], dict)
    return entry if texts and whole else None


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        read = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    same = isinstance(read, dict) and canonical(read) + b"\n" == line
    return read if same else None
