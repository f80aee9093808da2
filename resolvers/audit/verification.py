"""Whether the chain is whole, and if not, where it breaks and how."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import Any

import orjson
import sqlalchemy as sa

from db.models import AuditCheckpoint, AuditEntry, AuditHead, CheckpointKind
from db.models.audit import ORIGIN
from resolvers.access import SYSTEM, visible
from resolvers.audit.signing import Believes, Checkpoint, sound
from resolvers.audit.stored import behind, raw, said
from resolvers.audit.walking import Damage, Verdict, Walk
from resolvers.context import Context

AT_ONCE = 2_000
"""Entries read in one statement."""
CALM = 100
"""Entries that are looked at, before others are let go first."""
logger = logging.getLogger(__name__)


async def verify(
    context: Context,
    first: int | None = None,
    last: int | None = None,
    *,
    signed: bool = True,
    calm: bool = False,
) -> Verdict:
    """Compute the chain again, from one entry to another, or all of it.

    The entry before `first` is believed, unless a checkpoint is of it; so is the head
    of the chain, which says where it ends. It is read before the entries: what is
    written meanwhile is left out. Months that were dropped are vouched for by the
    checkpoint of that. With `signed` every checkpoint must be by a key of this server.
    Done `calm`, it rests for as long as it works, a little at a time.
    """
    made = await known(context)
    end = await head(context)
    to = end.seq if last is None else min(last, end.seq)
    start = max(first or 1, await begin(context, made))
    believes = context.equipment.notary.believes if signed else None
    kept = [one for one in made if start - 1 <= one.size]
    if forged := await asyncio.to_thread(_forged, kept, believes):
        return Verdict(0, 0, forged, Damage.FORGED)
    walk, whole = begun(start, to, kept), to == end.seq
    await walked(context, walk, calm=calm)
    verdict = walk.verdict(end.hash if whole else None)
    if verdict.damage or not whole:
        return verdict
    return await _ended(context, end, kept, verdict)


async def shared(context: Context, first: int | None, last: int | None) -> Verdict:
    """The same as somebody asks for it: all who ask meanwhile have it together.

    Raises Busy where it takes long; then it is there for whoever asks again.
    """
    asker, ours = context.actor.user_id, Context(context.equipment, SYSTEM)
    work = partial(verify, ours, first, last, calm=True)
    return await context.equipment.verifications.found(asker, (first, last), work)


def begun(first: int, to: int, made: Iterable[Checkpoint]) -> Walk:
    """A walk from an entry, on which sound checkpoints must hold."""
    by_size = {one.size: one for one in made}
    walk = Walk(first, to, checkpoints=by_size)
    if first == 1:
        walk.before, walk.peaks = ORIGIN, []
    elif base := by_size.get(first - 1):
        walk.before, walk.peaks, walk.signed = base.last_hash, base.subtrees, base.size
    return walk


async def walked(context: Context, walk: Walk, *, calm: bool = False) -> None:
    """Go the way of a walk over what the database has.

    Where payloads are gone of which nothing on it says so, it is looked for up to the
    end of the chain, as that is now; it is believed if the chain is whole up to there.
    """
    await _along(context, walk, calm=calm)
    if walk.arrived and any(walk.silent()):
        to, before = (await head(context)).seq, walk.before
        further = Walk(walk.expected, to, before, checkpoints=walk.checkpoints)
        await _along(context, further, calm=calm)
        if further.arrived:
            walk.hear(further.told)


async def _along(context: Context, walk: Walk, *, calm: bool) -> None:
    async with aclosing(entries(context, walk.expected, walk.to)) as pages:
        async for page in pages:
            for part in _parts(page, CALM if calm else AT_ONCE):
                start = time.perf_counter()
                if not await asyncio.to_thread(walk.take, map(said, part)):
                    return
                await asyncio.sleep((time.perf_counter() - start) * calm)


def _parts(page: list[Any], length: int) -> Iterator[list[Any]]:
    return (page[at : at + length] for at in range(0, len(page), length))


async def known(context: Context) -> list[Checkpoint]:
    """Every checkpoint, of the database and of what was kept outside of it."""
    rows = visible(SYSTEM, AuditCheckpoint).order_by(AuditCheckpoint.size)
    async with context.database.read() as session:
        found = [Checkpoint.of(row) for row in await session.scalars(rows)]
    there = {one.signature for one in found}
    outside = await context.equipment.notary.remembered()
    others = [one for one in map(_read, outside) if one and one.signature not in there]
    return sorted([*found, *others], key=lambda one: one.size)


def latest(made: Iterable[Checkpoint], to: int) -> Checkpoint | None:
    """The checkpoint of most entries up to one, if there is any."""
    return max(
        (one for one in made if one.size <= to), key=lambda one: one.size, default=None
    )


async def entries(context: Context, first: int, last: int) -> AsyncGenerator[list[Any]]:
    """The entries in order of the chain, whoever made them, a page at a time.

    While somebody looks at a page the next one is read.
    """

    def reading(place: sa.ColumnElement[bool]) -> asyncio.Task[list[Any]]:
        return asyncio.create_task(_page(context, place, last))

    page = reading(AuditEntry.seq >= first)
    try:
        while len(found := await page) == AT_ONCE:
            page = reading(behind(found[-1]))
            yield found
        yield found
    finally:
        page.cancel()
        await asyncio.gather(page, return_exceptions=True)


async def _page(
    context: Context, place: sa.ColumnElement[bool], last: int
) -> list[Any]:
    page = raw().where(place, AuditEntry.seq <= last)
    page = page.order_by(AuditEntry.seq, AuditEntry.id).limit(AT_ONCE)
    async with context.database.read() as session:
        connection = await session.connection()
        return list(await connection.execute(page))


async def begin(context: Context, made: list[Checkpoint]) -> int:
    """The first entry there should be: those before it were dropped."""
    drop = CheckpointKind.DROP.value
    dropped = max((one.size for one in made if one.kind == drop), default=0)
    least = visible(SYSTEM, AuditEntry).with_only_columns(sa.func.min(AuditEntry.seq))
    async with context.database.read() as session:
        there = await session.scalar(least)
    return max(1, min(dropped + 1, there or dropped + 1))


def _forged(made: Iterable[Checkpoint], believes: Believes | None) -> int | None:
    """The first entry of which a checkpoint is not sound, or says two things."""
    roots = dict[int, str]()
    for one in made:
        if roots.setdefault(one.size, one.root) != one.root:
            return one.size
        if not sound(one, believes):
            return one.size
    return None


async def _ended(
    context: Context, end: AuditHead, made: list[Checkpoint], verdict: Verdict
) -> Verdict:
    """What is found beyond the end: entries, or checkpoints of entries."""
    if beyond := await _beyond(context):
        return replace(verdict, broken_seq=beyond, damage=Damage.INSERTED)
    if any(one.size > end.seq for one in made):
        cut = end.seq + 1
        return replace(verdict, broken_seq=cut, damage=Damage.TRUNCATED)
    return verdict


async def head(context: Context) -> AuditHead:
    """The end of the chain."""
    async with context.database.read() as session:
        return await session.get_one(AuditHead, AuditHead.ONLY)


async def _beyond(context: Context) -> int | None:
    """The first entry that the head, as it is at that moment, does not know of."""
    end = visible(SYSTEM, AuditHead).with_only_columns(AuditHead.seq)
    outside = (AuditEntry.seq > end.scalar_subquery()) | (AuditEntry.seq < 1)
    rows = visible(SYSTEM, AuditEntry).where(outside)
    after = rows.with_only_columns(sa.func.min(AuditEntry.seq))
    async with context.database.read() as session:
        return await session.scalar(after)


def _read(line: str) -> Checkpoint | None:
    """A checkpoint as it was kept; none where a line was never whole."""
    try:
        return Checkpoint(**orjson.loads(line))
    except (ValueError, TypeError):
        logger.warning("this is no checkpoint of the audit log: %.100r", line)
        return None
