"""Payloads that are erased for somebody's privacy, while the chain holds."""

from uuid import UUID

import sqlalchemy as sa

from db.models import AuditEntry
from resolvers.audit import words
from resolvers.audit.walking import ERASED
from resolvers.writes import Transaction


async def erase(write: Transaction, user_id: UUID, action: str) -> None:
    """Erase what the log says that somebody changed, or that was changed of them.

    That it was done, when, and from where stays. The entry of this write says whose
    payloads are gone, else their loss would be damage; entries of this `action`, in
    which that is said, keep theirs.
    """
    theirs = (AuditEntry.actor_id == user_id) | (AuditEntry.entity_id == user_id)
    which = theirs & (AuditEntry.action != action)
    lite = write.writing.dialect == "sqlite"
    await write.flush()
    if lite:
        await write.session.execute(words.taking(which))
    erased = sa.update(AuditEntry).where(which).values(payload={})
    await write.session.execute(erased.execution_options(synchronize_session=False))
    if lite:
        await write.session.execute(words.adding(which))
    write.changes[ERASED] = str(user_id)
