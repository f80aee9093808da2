"""The log as a file: who signs for it, its checkpoints, its entries, a line each."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from typing import Any

from db.base import utcnow
from db.models import AuditEntry
from db.models.audit import ORIGIN
from resolvers.access import SYSTEM, visible
from resolvers.audit import verification
from resolvers.audit.canonical import canonical, micros
from resolvers.audit.signing import EXPORT, signable
from resolvers.audit.stored import said
from resolvers.context import Context
from resolvers.errors import Invalid

Span = tuple[int, int]
"""The first entry and the last."""


async def span(context: Context, first: int | None, last: int | None) -> Span:
    """From which entry to which an export goes that has these.

    It begins behind a checkpoint, so that it can be verified by itself. Raises Invalid
    where there are no such entries.
    """
    end, begin = (await verification.head(context)).seq, await _begin(context)
    first, last = first or begin, min(last or end, end)
    if not begin <= first <= last:
        there = f"those there are go from {begin} to {end}"
        raise Invalid(f"there are no entries from {first} to {last}: {there}", "from")
    base = verification.latest(await verification.known(context), first - 1)
    return (max(begin, base.size + 1) if base else begin), last


async def lines(context: Context, part: Span) -> AsyncGenerator[bytes]:
    """The lines of an export, many at a time. Its last entry is signed in the first."""
    first, last = part
    yield _line("export", await _header(context, part))
    made = await verification.known(context)
    kept = {one.size: one for one in made if first - 1 <= one.size <= last}
    yield b"".join(_line("checkpoint", one.told) for one in kept.values())
    async with aclosing(verification.entries(context, first, last)) as pages:
        async for page in pages:
            yield await asyncio.to_thread(_lines, page)


async def _begin(context: Context) -> int:
    return await verification.begin(context, await verification.known(context))


async def _header(context: Context, part: Span) -> dict[str, Any]:
    first, last = part
    notary = context.equipment.notary
    before = await _signature(context, first - 1) if first > 1 else ORIGIN
    told: dict[str, Any] = {
        "first": first,
        "last": last,
        "prev_hash": before,
        "last_hash": await _signature(context, last),
        "ts": micros(utcnow()),
        "public_key": notary.public_key,
    }
    return told | {"signature": notary.sign(signable(EXPORT, told))}


async def _signature(context: Context, seq: int) -> str | None:
    """Of an entry, or of one that was dropped, as the next one or a checkpoint says."""
    at = visible(SYSTEM, AuditEntry).where(AuditEntry.seq.in_([seq, seq + 1]))
    at = at.order_by(AuditEntry.seq, AuditEntry.id)
    async with context.database.read() as session:
        found = list(await session.scalars(at))
    if found and found[0].seq == seq:
        return found[0].signature
    return found[0].prev_hash if found else None


def _lines(page: Iterable[Any]) -> bytes:
    return b"".join(canonical(said(entry)) + b"\n" for entry in page)


def _line(kind: str, told: dict[str, Any]) -> bytes:
    return canonical({kind: told}) + b"\n"
