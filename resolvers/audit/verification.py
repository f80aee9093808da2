"""Whether the chain is whole, and if not, where it breaks and how."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum, auto

import sqlalchemy as sa

from db.models import AuditEntry, AuditHead
from db.models.audit import ORIGIN
from resolvers.access import SYSTEM, visible
from resolvers.audit.entries import digest, seal
from resolvers.context import Context

AT_ONCE = 2_000
"""Entries read in one statement."""


class Damage(StrEnum):
    """What was done to the chain."""

    EDITED = auto()
    """The content of an entry was changed."""
    REMOVED = auto()
    """An entry is missing."""
    INSERTED = auto()
    """An entry is there twice, or does not follow the one before."""
    TRUNCATED = auto()
    """The newest entries are missing."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification found. Without damage the chain is whole."""

    checked: int
    last_seq: int
    broken_seq: int | None = None
    damage: Damage | None = None


async def verify(
    context: Context, first: int | None = None, last: int | None = None
) -> Verdict:
    """Compute the chain again, from one entry to another, or all of it.

    The entry before `first` is believed; so is the head of the chain, which says where
    it ends. It is read before the entries: what is written meanwhile is left out.
    """
    head = await _head(context)
    to = head.seq if last is None else min(last, head.seq)
    checked, expected, before = 0, 1 if first is None else first, None
    if expected == 1:
        before = ORIGIN
    async for entry in _entries(context, expected, to):
        broken = min(expected, entry.seq)
        if damage := _damage(entry, expected, before):
            return Verdict(checked, expected - 1, broken, damage)
        checked, expected, before = checked + 1, expected + 1, entry.signature
    if expected <= to:
        return Verdict(checked, expected - 1, expected, Damage.TRUNCATED)
    if to == head.seq and before not in {None, head.hash}:
        return Verdict(checked, to - 1, to, Damage.EDITED)
    if to == head.seq and (beyond := await _beyond(context)):
        return Verdict(checked, to, beyond, Damage.INSERTED)
    return Verdict(checked, to)


def _damage(entry: AuditEntry, expected: int, before: str | None) -> Damage | None:
    if entry.seq > expected:
        return Damage.REMOVED
    if entry.seq < expected:
        return Damage.INSERTED
    whole = entry.payload_digest == digest(entry.salt, entry.payload)
    if not whole or entry.signature != seal(entry):
        return Damage.EDITED
    return Damage.INSERTED if before not in {None, entry.prev_hash} else None


async def _head(context: Context) -> AuditHead:
    async with context.database.read() as session:
        return await session.get_one(AuditHead, AuditHead.ONLY)


async def _beyond(context: Context) -> int | None:
    """The first entry that the head, as it is at that moment, does not know of."""
    head = visible(SYSTEM, AuditHead).with_only_columns(AuditHead.seq)
    rows = visible(SYSTEM, AuditEntry).where(AuditEntry.seq > head.scalar_subquery())
    after = rows.with_only_columns(sa.func.min(AuditEntry.seq))
    async with context.database.read() as session:
        return await session.scalar(after)


async def _entries(
    context: Context, first: int, last: int
) -> AsyncIterator[AuditEntry]:
    """The entries in order of the chain, whoever made them."""
    after, id_ = first - 1, None
    while True:
        place = AuditEntry.seq > after
        if id_ is not None:
            place |= (AuditEntry.seq == after) & (AuditEntry.id > id_)
        page = visible(SYSTEM, AuditEntry).where(place, AuditEntry.seq <= last)
        page = page.order_by(AuditEntry.seq, AuditEntry.id).limit(AT_ONCE)
        async with context.database.read() as session:
            found = list(await session.scalars(page))
        for entry in found:
            yield entry
        if len(found) < AT_ONCE:
            return
        after, id_ = found[-1].seq, found[-1].id
