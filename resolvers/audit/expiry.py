"""Months of the log that are old enough: kept as files, signed for, then dropped."""

import gzip
from datetime import UTC, datetime

import sqlalchemy as sa

from db.base import utcnow
from db.models import AuditCheckpoint, AuditEntry, CheckpointKind
from resolvers.access import SYSTEM, visible
from resolvers.audit import checkpoints, entries, exports, verification, words
from resolvers.audit.exports import Span
from resolvers.audit.signing import sound
from resolvers.context import Context
from resolvers.errors import Conflict
from resolvers.writes import Transaction

ACTION = "auditDrop"
AT_ONCE = 5_000
"""Entries that one transaction deletes."""
PATIENCE = "SET LOCAL lock_timeout = '2s'"
"""Whoever appends waits behind it for so long at most."""


async def run(context: Context) -> dict[str, int]:
    """Drop the months that have expired, the oldest first."""
    now, kept = utcnow(), context.equipment.policy.audit_months
    cutoff = _month(now.year * 12 + now.month - 1 - kept)
    count = 0
    while (oldest := await _oldest(context)) and oldest.created_at < cutoff:
        made = oldest.created_at
        month, end = (_month(made.year * 12 + made.month - 1 + n) for n in (0, 1))
        part = oldest.seq, await checkpoints.before(context, end)
        count += await _dropped(context, month, part)
    return {AuditEntry.__tablename__: count}


async def _dropped(context: Context, month: datetime, part: Span) -> int:
    """Keep a month as a file, sign for it, and drop it. Gives how many entries.

    What another run has signed for, and not dropped to the end, is dropped.
    """
    first, last = part
    made = await verification.known(context)
    drops = [one for one in made if one.kind == CheckpointKind.DROP]
    believes = context.equipment.notary.believes
    if not any(one.size >= last and sound(one, believes) for one in drops):
        await _sign(context, month, part)
    if context.database.dialect == "postgresql":
        await _part(context, month, last)
    for top in range(first + AT_ONCE - 1, last + AT_ONCE, AT_ONCE):
        await _delete(context, min(top, last))
    return last - first + 1


async def _sign(context: Context, month: datetime, part: Span) -> None:
    """Keep a month as a file, verify it, and let the database drop it.

    It is verified once it is written: what is gone by then may be missing in the file.
    """
    key = f"audit/{month:%Y-%m}_{part[0]}-{part[1]}.jsonl.gz"
    async with context.equipment.store.scratch() as path:
        with gzip.open(path, "wb") as file:
            async for lines in exports.lines(context, part):
                file.write(lines)
        row = await _vouched(context, month, part)
        await context.equipment.store.keep(path, key)

    async def work(write: Transaction) -> None:
        await write.add(row)
        first, last = map(str, part)
        write.changes["dropped"] = {"first": first, "last": last, "file": key}
        await entries.append(write, ACTION, row)

    await context.written(work)
    await checkpoints.witness(context)


async def _vouched(context: Context, month: datetime, part: Span) -> AuditCheckpoint:
    """A checkpoint that lets a month go.

    Raises Conflict where it is not whole: then it stays for people to look at.
    """
    verdict = await verification.verify(context, *part)
    if verdict.damage:
        told = f"{verdict.broken_seq}: {verdict.damage}"
        raise Conflict(f"{month:%Y-%m} is not dropped, as it is broken at entry {told}")
    return await checkpoints.prepared(context, CheckpointKind.DROP, part[1])


async def _part(context: Context, month: datetime, last: int) -> None:
    """Drop the part of the table that a month has, if it has one."""
    naive = sa.literal(month.replace(tzinfo=None), sa.DateTime())
    drop = sa.func.audit_log_drop(naive, sa.cast(last, sa.BigInteger()))
    async with context.database.write.begin() as session:
        await session.execute(sa.text(PATIENCE))
        await session.execute(drop.select())


async def _delete(context: Context, last: int) -> None:
    """Delete the entries up to one, which a checkpoint lets the database do."""
    which = AuditEntry.seq <= last
    async with context.database.write.begin() as session:
        for forget in words.forgetting(last, context.database.dialect):
            await session.execute(forget)
        await session.execute(sa.delete(AuditEntry).where(which))


async def _oldest(context: Context) -> AuditEntry | None:
    first = visible(SYSTEM, AuditEntry).order_by(AuditEntry.seq).limit(1)
    async with context.database.read() as session:
        return await session.scalar(first)


def _month(count: int) -> datetime:
    """When a month began, counted from the year 0."""
    return datetime(count // 12, count % 12 + 1, 1, tzinfo=UTC)
