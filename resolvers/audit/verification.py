"""Whether the chain is whole, and if not, where it breaks and how."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum, auto

import sqlalchemy as sa

from db.models import AuditEntry, AuditHead
from db.models.audit import ORIGIN
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
    it ends.
    """
    checked, expected, before = 0, 1 if first is None else first, None
    if expected == 1:
        before = ORIGIN
    async for entry in _entries(context, expected, last):
        broken = entry.seq if entry.seq < expected else expected
        if damage := _damage(entry, expected, before):
            return Verdict(checked, expected - 1, broken, damage)
        checked, expected, before = checked + 1, expected + 1, entry.signature
    return await _ended(context, checked, expected - 1, before, last)


def _damage(entry: AuditEntry, expected: int, before: str | None) -> Damage | None:
    if entry.seq > expected:
        return Damage.REMOVED
    if entry.seq < expected:
        return Damage.INSERTED
    whole = entry.payload_digest == digest(entry.salt, entry.payload)
    if not whole or entry.signature != seal(entry):
        return Damage.EDITED
    return Damage.INSERTED if before not in {None, entry.prev_hash} else None


async def _ended(
    context: Context, checked: int, end: int, hash_: str | None, last: int | None
) -> Verdict:
    """Whether the chain goes on as far as its head says."""
    async with context.database.read() as session:
        head = await session.get_one(AuditHead, AuditHead.ONLY)
    to = head.seq if last is None else min(last, head.seq)
    if end < to:
        return Verdict(checked, end, end + 1, Damage.TRUNCATED)
    if end == head.seq and hash_ not in {None, head.hash}:
        return Verdict(checked, end - 1, end, Damage.EDITED)
    return Verdict(checked, end)


async def _entries(
    context: Context, first: int, last: int | None
) -> AsyncIterator[AuditEntry]:
    """The entries in order of the chain, whoever made them."""
    after, id_ = first - 1, None
    while True:
        place = AuditEntry.seq > after
        if id_ is not None:
            place |= (AuditEntry.seq == after) & (AuditEntry.id > id_)
        page = sa.select(AuditEntry).where(place)
        if last is not None:
            page = page.where(AuditEntry.seq <= last)
        page = page.order_by(AuditEntry.seq, AuditEntry.id).limit(AT_ONCE)
        async with context.database.read() as session:
            found = list(await session.scalars(page))
        for entry in found:
            yield entry
        if len(found) < AT_ONCE:
            return
        after, id_ = found[-1].seq, found[-1].id
