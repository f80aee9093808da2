"""Payloads that are erased for somebody's privacy, while the chain holds."""

from uuid import UUID

import sqlalchemy as sa

from db.models import AuditEntry
from resolvers.access import SYSTEM, visible
from resolvers.audit import words
from resolvers.audit.walking import ERASED
from resolvers.writes import Transaction

AT_ONCE = 50_000
"""Entries that one statement looks at: a longer one might take too long."""


async def erase(write: Transaction, whose: UUID, action: str) -> None:
    """Erase what the log says that somebody changed, or that was changed of them.

    It may be a row as well that tells of somebody, whoever changed it. That it was
    done, when, and from where stays. The entry of this write says whose payloads are
    gone, else their loss would be damage; entries of this `action`, in which that is
    said, keep theirs. Salts go too, or payloads could be guessed.
    """
    theirs = (AuditEntry.actor_id == whose) | (AuditEntry.entity_id == whose)
    which = theirs & (AuditEntry.action != action)
    lite = write.writing.dialect == "sqlite"
    await write.flush()
    if lite:
        await write.session.execute(words.taking(which))
    erased = sa.update(AuditEntry).where(which).values(payload={}, salt="")
    erased = erased.execution_options(synchronize_session=False)
    last = visible(SYSTEM, AuditEntry).with_only_columns(sa.func.max(AuditEntry.seq))
    for first in range(0, (await write.session.scalar(last) or 0) + 1, AT_ONCE):
        part = AuditEntry.seq.between(first, first + AT_ONCE - 1)
        await write.session.execute(erased.where(part))
    if lite:
        await write.session.execute(words.adding(which))
    write.changes[ERASED] = str(whose)


async def forget(write: Transaction) -> None:
    """Have nothing be left of the words of what was erased, by whomever."""
    if write.writing.dialect == "sqlite":
        await write.session.execute(words.purging())
