"""Payloads that are erased for somebody's privacy, while the chain holds."""

from uuid import UUID

import sqlalchemy as sa

from db.models import AuditEntry
from resolvers.audit import words
from resolvers.audit.walking import ERASED
from resolvers.writes import Transaction


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
    await write.session.execute(erased.execution_options(synchronize_session=False))
    if lite:
        await write.session.execute(words.adding(which))
        await write.session.execute(words.purging())
    write.changes[ERASED] = str(whose)
