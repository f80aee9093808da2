"""Checkpoints: how the log was, signed, so that nobody can write it anew unnoticed."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from db.base import utcnow
from db.models import AuditCheckpoint, AuditEntry, CheckpointKind
from resolvers.access import SYSTEM, visible
from resolvers.audit import trees
from resolvers.audit.canonical import EPOCH, canonical, micros
from resolvers.audit.signing import Checkpoint, sound
from resolvers.audit.verification import begun, head, walked
from resolvers.context import Context
from resolvers.errors import Conflict

EVERY = 1_000
"""Entries after which a checkpoint is due."""
LATEST = timedelta(hours=1)
"""How long an entry waits for one."""
logger = logging.getLogger(__name__)


async def due(context: Context) -> None:
    """Make what is due: of the month that is over, and of how the log is now."""
    last, to = await newest(context), (await head(context)).seq
    size, made = (last.size, last.created_at) if last else (0, EPOCH)
    now = utcnow()
    month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    over = size if made >= month else await before(context, month, size)
    if over > size:
        await _make(context, CheckpointKind.MONTH, over)
    if to - over >= EVERY or (to > over and made < now - LATEST):
        await _make(context, CheckpointKind.PERIOD, to)


async def prepared(
    context: Context, kind: CheckpointKind, size: int | None = None
) -> AuditCheckpoint:
    """A signed checkpoint of so many entries, or of all; it is not stored yet.

    What came since the one before is verified first. Raises Conflict where that is
    damaged, or where there is nothing.
    """
    size = (await head(context)).seq if size is None else size
    base = await newest(context, size)
    signed = base and Checkpoint.of(base)
    if signed and not sound(signed, context.equipment.notary.believes):
        raise Conflict(f"the checkpoint of entry {signed.size} was forged")
    if size < 1:
        raise Conflict("there is no entry yet that could be signed")
    first = signed.size + 1 if signed else 1
    walk = begun(first, size, [signed] if signed else [])
    await walked(context, walk)
    verdict = walk.verdict()
    if verdict.damage or walk.peaks is None or walk.before is None:
        told = f"{verdict.broken_seq}: {verdict.damage}"
        raise Conflict(f"nothing is signed, as the chain is broken at entry {told}")
    return _signed(context, kind, (first, size), walk.peaks, walk.before)


async def newest(context: Context, to: int | None = None) -> AuditCheckpoint | None:
    """The checkpoint of most entries, or of most up to one."""
    rows = visible(SYSTEM, AuditCheckpoint).order_by(
        AuditCheckpoint.size.desc(), AuditCheckpoint.id.desc()
    )
    if to is not None:
        rows = rows.where(AuditCheckpoint.size <= to)
    async with context.database.read() as session:
        return await session.scalar(rows.limit(1))


async def before(context: Context, moment: datetime, after: int = 0) -> int:
    """How many entries there were before the first of a moment, or all of them."""
    later = visible(SYSTEM, AuditEntry).where(
        AuditEntry.created_at >= moment, AuditEntry.seq > after
    )
    first = later.with_only_columns(AuditEntry.seq).order_by(AuditEntry.seq).limit(1)
    last = (await head(context)).seq
    async with context.database.read() as session:
        found = await session.scalar(first)
    return last if found is None else found - 1


async def witness(context: Context) -> None:
    """Have every checkpoint kept outside of the database too."""
    notary = context.equipment.notary
    there = set(await notary.remembered())
    rows = visible(SYSTEM, AuditCheckpoint).order_by(AuditCheckpoint.size)
    async with context.database.read() as session:
        made = map(Checkpoint.of, await session.scalars(rows))
        lines = [canonical(one.told).decode() for one in made]
    if missing := [line for line in lines if line not in there]:
        await notary.remember(missing)


async def _make(context: Context, kind: CheckpointKind, size: int) -> None:
    """Make a checkpoint by the server itself, unless another process has made it."""
    row = await prepared(context, kind, size)
    try:
        async with context.transaction() as write:
            await write.add(row, uq_audit_checkpoints_size_kind="size")
    except Conflict:
        logger.info("a checkpoint of entry %d was made by another process", size)
    await witness(context)


def _signed(
    context: Context,
    kind: CheckpointKind,
    span: tuple[int, int],
    peaks: trees.Peaks,
    last_hash: str,
) -> AuditCheckpoint:
    notary, now = context.equipment.notary, utcnow()
    told = Checkpoint(
        kind=kind.value,
        first=min(span),
        size=span[1],
        root=trees.root(peaks).hex(),
        last_hash=last_hash,
        ts=micros(now),
        peaks=[peak.hex() for peak in peaks],
        public_key=notary.public_key,
    )
    told = replace(told, signature=notary.sign(told.text))
    return AuditCheckpoint(
        created_at=now,
        kind=kind,
        first_seq=told.first,
        size=told.size,
        root=told.root,
        last_hash=told.last_hash,
        peaks=told.peaks,
        public_key=told.public_key,
        signature=told.signature,
    )
