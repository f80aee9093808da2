"""Whether the chain is whole, and if not, where it breaks and how."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import replace
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
logger = logging.getLogger(__name__)


async def verify(
    context: Context,
    first: int | None = None,
    last: int | None = None,
    *,
    signed: bool = True,
) -> Verdict:
    """Compute the chain again, from one entry to another, or all of it.

    The entry before `first` is believed, unless a checkpoint is of it; so is the head
    of the chain, which says where it ends. It is read before the entries: what is
    written meanwhile is left out. Months that were dropped are vouched for by the
    checkpoint of that. With `signed` every checkpoint must be by a key of this server.
    """
    made = await known(context)
    end = await head(context)
    to = end.seq if last is None else min(last, end.seq)
    start = max(first or 1, await begin(context, made))
    believes = context.equipment.notary.believes if signed else None
    kept = [one for one in made if start - 1 <= one.size]
    if forged := await asyncio.to_thread(_forged, kept, believes):
        return Verdict(0, 0, forged, Damage.FORGED)
    walk = begun(start, to, kept, last=to == end.seq)
    await walked(context, walk)
    verdict = walk.verdict(end.hash if walk.last else None)
    if verdict.damage or not walk.last:
        return verdict
    return await _ended(context, end, kept, verdict)


def begun(first: int, to: int, made: Iterable[Checkpoint], *, last: bool) -> Walk:
    """A walk from an entry, on which sound checkpoints must hold."""
    by_size = {one.size: one for one in made}
    walk = Walk(first, to, checkpoints=by_size, last=last)
    if first == 1:
        walk.before, walk.peaks = ORIGIN, []
    elif base := by_size.get(first - 1):
        walk.before, walk.peaks, walk.signed = base.last_hash, base.subtrees, base.size
    return walk


async def walked(context: Context, walk: Walk) -> None:
    """Go the way of a walk over what the database has."""
    async with aclosing(entries(context, walk.expected, walk.to)) as pages:
        async for page in pages:
            if not await asyncio.to_thread(walk.take, map(said, page)):
                return


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
