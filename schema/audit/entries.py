"""The audit log."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import strawberry
from strawberry.scalars import JSON

from db import models
from resolvers.access import Permission, require
from resolvers.audit import verification
from resolvers.errors import BadRequest
from schema.connections import Connection
from schema.edges import found, listed
from schema.enums import ActorKind, Damage, Outcome
from schema.ids import prefix
from schema.inputs import Compare, Filter, Is, Order, Words
from schema.nodes import Entity, Info
from schema.reads import costing
from schema.scalars import BigInt

First = Annotated[
    int | None,
    strawberry.argument(name="from", description="The first entry: 1, if not said."),
]
Last = Annotated[
    int | None,
    strawberry.argument(description="The last entry: the newest, if not said."),
]


@strawberry.type
class AuditEntry(Entity, of=models.AuditEntry):
    """One thing done, or refused. It is never changed and never deleted alone."""

    created_at: datetime
    seq: BigInt
    action: str
    status: Outcome
    entity: str | None
    actor_kind: ActorKind
    ip_address: str | None
    user_agent: str | None
    request_id: str | None
    payload: JSON
    payload_digest: str
    prev_hash: str
    signature: str

    @strawberry.field
    def actor_id(self) -> strawberry.ID | None:
        """Who did it: the id of a User, also once there is no such user any more."""
        row: Any = self
        return row.actor_id and strawberry.ID(
            f"{prefix(models.User)}_{row.actor_id.hex}"
        )

    @strawberry.field
    def entity_id(self) -> strawberry.ID | None:
        """What it was done to, by its id."""
        row: Any = self
        if row.entity is None or row.entity_id is None:
            return None
        model: Any = getattr(models, row.entity)
        return strawberry.ID(f"{prefix(model)}_{row.entity_id.hex}")


@strawberry.input
class AuditEntryFilter(Filter):
    """Which entries."""

    action: Is[str] | None = None
    """By what was done."""
    status: Is[Outcome] | None = None
    """By whether it was done."""
    entity: Is[str] | None = None
    """By the type of what it was done to."""
    actor_id: Is[strawberry.ID] | None = None
    """By who did it."""
    entity_id: Is[strawberry.ID] | None = None
    """By what it was done to."""
    seq: Compare[BigInt] | None = None
    """By its place in the chain, such as a `brokenSeq`."""
    request_id: Is[str] | None = None
    """By the request it was done by, such as the `reference` in an error."""
    actor_kind: Is[ActorKind] | None = None
    """By what kind of actor did it."""
    ip_address: Is[str] | None = None
    """By the address it was done from."""
    created_at: Compare[datetime] | None = None
    """By when it was done."""
    payload: Words | None = strawberry.field(name="search", default=None)
    """By words."""


@strawberry.enum
class AuditEntryOrderField(StrEnum):
    """What entries are sorted by."""

    CREATED_AT = "id"
    """When it was done."""


@strawberry.input
class AuditEntryOrder(Order):
    """How to sort entries."""

    field: AuditEntryOrderField
    """What to sort by."""


@strawberry.type
class AuditVerifyResult:
    """What came of computing the chain again."""

    is_whole: bool
    """Whether nothing was edited, removed, inserted or cut off."""
    checked: int
    """Entries that were looked at."""
    last_seq: int
    """The last entry up to which the chain is whole."""
    broken_seq: int | None
    """The first entry that is not as it was."""
    damage: Damage | None
    """What was done to it."""
    signed_seq: int
    """The last entry up to which it is as a signed checkpoint has it; 0 for none."""
    erased: int
    """Entries whose payloads were erased; without damage, a later one says of each."""


@strawberry.type
class Query:
    audit_entry: AuditEntry | None = found(models.AuditEntry)
    """An entry of what you did."""
    audit_log: Connection[AuditEntry] = listed(
        models.AuditEntry, AuditEntryFilter, AuditEntryOrder
    )
    """What you did; an administrator sees what everybody did."""

    @strawberry.field(metadata=costing(400, alone=True))
    async def audit_verify(
        self, info: Info, from_: First = None, to: Last = None
    ) -> AuditVerifyResult:
        """Compute the chain again, whoever wrote it, from one entry to another.

        One verification is done at a time, for all who ask for the same. Where it takes
        longer than 8 s you are refused; ask the same again to be told what came of it.
        """
        require(info.context.actor, Permission.VERIFY_AUDIT)
        first = 1 if from_ is None else from_
        if first < 1 or (to is not None and to < first):
            raise BadRequest("a part goes from entry 1 or later to a later one")
        found = await verification.shared(info.context, from_, to)
        return AuditVerifyResult(
            is_whole=found.damage is None,
            checked=found.checked,
            last_seq=found.last_seq,
            broken_seq=found.broken_seq,
            damage=found.damage,
            signed_seq=found.signed_seq,
            erased=found.erased,
        )
