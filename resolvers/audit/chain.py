"""The end of the chain: there an entry is sealed, under the lock of all that write."""

import hashlib
from typing import Any

import sqlalchemy as sa

from db import rows
from db.models import AuditEntry, AuditHead
from resolvers.access import SYSTEM, Actor, visible
from resolvers.audit import words
from resolvers.writes import Transaction

ENTRIES: Any = AuditEntry.__table__
ONLY = AuditHead.id == AuditHead.ONLY
TOLD = ("seq", "prev_hash", "signature")
"""What only the end of the chain can tell of an entry."""


async def close(
    write: Transaction, entry: dict[str, Any], first: str, second: str, third: str
) -> None:
    """Append an entry: its seal is over the pieces, with hash and number in between.

    The lock is had by this statement and let go of by the commit, which comes next:
    PostgreSQL makes the seal itself. SQLite has had its only lock from the start.
    """
    if write.writing.dialect == "postgresql":
        said = {"first": first, "second": second, "third": third}
        await write.run(_appended, **entry, **said)
        return
    [(last, before)] = await write.run(_head)
    text = f"{first}{before}{second}{last + 1}{third}"
    signature = hashlib.sha256(b"\0" + text.encode()).hexdigest()
    told = {"seq": last + 1, "prev_hash": before, "signature": signature}
    await write.run(_entry, **{**entry, **told})
    await write.run(words.added, seq=last + 1)
    await write.run(_moved, now=last + 1, by=signature)


def _head(_: Actor) -> sa.Select[int, str]:
    return (
        visible(SYSTEM, AuditHead)
        .where(ONLY)
        .with_only_columns(AuditHead.seq, AuditHead.hash)
    )


def _entry(_: Actor) -> sa.Insert:
    return rows.inserting(AuditEntry)


def _moved(_: Actor) -> sa.Update:
    now, by = (sa.bindparam(name) for name in ("now", "by"))
    return sa.update(AuditHead).where(ONLY).values(seq=now, hash=by)


def _appended(_: Actor) -> sa.Insert:
    """Move the head, and put what it then says beside what is known of the entry."""
    head = visible(SYSTEM, AuditHead).where(ONLY).with_for_update()
    head = head.with_only_columns(
        (AuditHead.seq + 1).label("seq"), AuditHead.hash.label("prev_hash")
    ).cte("head")
    pieces = [
        sa.bindparam(name, type_=sa.Text()) for name in ("first", "second", "third")
    ]
    number = sa.cast(head.c.seq, sa.Text())
    text = pieces[0] + head.c.prev_hash + pieces[1] + number + pieces[2]
    zero = sa.literal_column("'\\x00'::bytea", sa.LargeBinary())
    hashed = sa.func.sha256(zero.op("||")(sa.func.convert_to(text, "UTF8")))
    signature = sa.func.encode(hashed, "hex").label("signature")
    told = sa.select(head.c.seq, head.c.prev_hash, signature).cte("told")  # noqa: TID251  of the head that was read
    moved = sa.update(AuditHead).where(ONLY)
    moved = moved.values(seq=told.c.seq, hash=told.c.signature).cte("moved")
    known = [one for one in ENTRIES.columns if one.name not in TOLD]
    given = [sa.bindparam(one.key, type_=one.type) for one in known]
    entry = sa.select(*given, *(told.c[name] for name in TOLD))  # noqa: TID251  it is inserted
    names = [*(one.name for one in known), *TOLD]
    return sa.insert(ENTRIES).from_select(names, entry).add_cte(moved)
