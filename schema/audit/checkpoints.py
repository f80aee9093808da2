"""Checkpoints of the audit log."""

from datetime import datetime

import strawberry

from db import models
from resolvers import evidence
from schema.connections import Connection
from schema.edges import found, listed
from schema.enums import CheckpointKind
from schema.lists.audit import AuditCheckpointFilter, AuditCheckpointOrder
from schema.nodes import Entity, Info
from schema.perform import Payload, Performed
from schema.reads import costing
from schema.scalars import BigInt


@strawberry.type
class AuditCheckpoint(Entity, of=models.AuditCheckpoint):
    """How the audit log was up to an entry, signed by this server.

    Keep one, and nobody can change what it covers unnoticed, whoever runs the server.
    """

    created_at: datetime
    kind: CheckpointKind
    first_seq: BigInt
    size: BigInt
    root: str
    last_hash: str
    public_key: str
    signature: str


@strawberry.type
class AuditCheckpointCreatePayload(Payload):
    """A checkpoint of all entries there were."""

    audit_checkpoint: AuditCheckpoint | None
    """Null where there are errors."""


@strawberry.type
class Query:
    audit_checkpoint: AuditCheckpoint | None = found(models.AuditCheckpoint)
    """A checkpoint of the audit log."""
    audit_checkpoints: Connection[AuditCheckpoint] = listed(
        models.AuditCheckpoint, AuditCheckpointFilter, AuditCheckpointOrder
    )
    """The checkpoints of the audit log."""


@strawberry.type
class Mutation:
    @strawberry.mutation(metadata=costing(100))
    async def audit_checkpoint_create(self, info: Info) -> AuditCheckpointCreatePayload:
        """Have it signed how the audit log is now, without waiting until it is due."""
        done = Performed(await evidence.checkpoint(info.context, info.field_name))
        return AuditCheckpointCreatePayload(audit_checkpoint=done.row, **done.told)
