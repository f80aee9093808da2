"""Copies of the audit log that are taken away."""

from datetime import datetime

import strawberry

from resolvers import evidence
from schema.nodes import Info
from schema.perform import Payload, Performed
from schema.reads import costing
from schema.scalars import BigInt


@strawberry.input
class AuditExportInput:
    """Which part of the log to export."""

    from_: int | None = strawberry.field(name="from", default=None)
    """An entry that is in it: the first there is, if not said."""
    to: int | None = None
    """Its last entry: the newest, if not said."""


@strawberry.type
class AuditExportPayload(Payload):
    """Where the export is. It can be verified without this server."""

    path: str | None
    """To be fetched with GET, by whoever asked for it; null where there are errors."""
    expires_at: datetime | None
    """Until when."""
    first_seq: BigInt | None
    """Its first entry: the first one behind a checkpoint."""
    last_seq: BigInt | None
    """Its last entry."""


@strawberry.type
class Mutation:
    @strawberry.mutation(metadata=costing(100))
    async def audit_export(
        self, info: Info, input: AuditExportInput
    ) -> AuditExportPayload:
        """Take a copy of the audit log away: JSON, a line for each entry.

        It takes a password or code that was shown within ten minutes, and
        `heliograph audit verify FILE` verifies it anywhere.
        """
        name, part = info.field_name, (input.from_, input.to)
        done = Performed(await evidence.export(info.context, name, *part))
        made: evidence.Export | None = done.row
        return AuditExportPayload(
            path=made and made.path,
            expires_at=made and made.until,
            first_seq=made and BigInt(made.part[0]),
            last_seq=made and BigInt(made.part[1]),
            **done.told,
        )
