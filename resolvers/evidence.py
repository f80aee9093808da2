"""What of the audit log is signed, and taken away, for whoever may have that done."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from db.base import utcnow
from db.models import AuditCheckpoint, CheckpointKind
from resolvers.access import Permission, require, require_of_all
from resolvers.audit import checkpoints, exports
from resolvers.audit.exports import Span
from resolvers.context import Context
from resolvers.errors import Forbidden
from resolvers.identity.proofs import require_proof
from resolvers.keys import Keys
from resolvers.platform.actions import Done, accounted, act
from resolvers.writes import Transaction

PURPOSE = "audit export"
LASTS = timedelta(minutes=10)
"""How long an export may be fetched."""


@dataclass(frozen=True, slots=True)
class Export:
    """A part of the log that somebody may fetch."""

    part: Span
    until: datetime
    ticket: str

    @property
    def path(self) -> str:
        """Where it is fetched."""
        until = int(self.until.timestamp())
        name = f"{self.part[0]}-{self.part[1]}.jsonl"
        return f"/audit/exports/{name}?until={until}&ticket={self.ticket}"


async def checkpoint(context: Context, action: str) -> Done:
    """Have it signed how the log is now."""
    made = await accounted(context, action, _prepared(context))
    if isinstance(made, Done):
        return made
    done = await act(context, action, None, _keep, made)
    await checkpoints.witness(context)
    return done


async def export(
    context: Context, action: str, first: int | None, last: int | None
) -> Done:
    """Let somebody fetch a part of the log who has just shown who they are."""
    found = await accounted(context, action, _part(context, first, last))
    if isinstance(found, Done):
        return found
    return await act(context, action, None, _allow, context.equipment.keys, found)


def admit(context: Context, part: Span, until: datetime, ticket: str) -> None:
    """See that the actor was let fetch a part of the log. Raises Forbidden."""
    user_id = require_of_all(context.actor, Permission.EXPORT_AUDIT)
    text = _text(str(user_id), part, until)
    known = context.equipment.keys.fingerprints(PURPOSE, text)
    given = ticket.encode()
    right = any(hmac.compare_digest(one.encode(), given) for one in known)
    if not right or until < utcnow():
        raise Forbidden("nobody lets you fetch this export; ask for it anew")


async def _prepared(context: Context) -> AuditCheckpoint:
    require(context.actor, Permission.SIGN_AUDIT)
    return await checkpoints.prepared(context, CheckpointKind.ASKED)


async def _keep(write: Transaction, row: AuditCheckpoint) -> AuditCheckpoint:
    require(write.actor, Permission.SIGN_AUDIT)
    return await write.add(row, uq_audit_checkpoints_size_kind="size")


async def _part(context: Context, first: int | None, last: int | None) -> Span:
    require_of_all(context.actor, Permission.EXPORT_AUDIT)
    return await exports.span(context, first, last)


async def _allow(write: Transaction, keys: Keys, part: Span) -> Export:
    require_of_all(write.actor, Permission.EXPORT_AUDIT)
    user_id = await require_proof(write)
    until = utcnow().replace(microsecond=0) + LASTS
    first, last = map(str, part)
    write.changes["exported"] = {"first": first, "last": last}
    ticket = keys.fingerprint(PURPOSE, _text(str(user_id), part, until))
    return Export(part, until, ticket)


def _text(user_id: str, part: Span, until: datetime) -> str:
    return f"{user_id} {part[0]} {part[1]} {int(until.timestamp())}"
