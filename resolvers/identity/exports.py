"""Exports: all that is kept of somebody, in lines of JSON."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from db.models import AuditEntry, User
from db.types import Floats
from resolvers.access import SYSTEM, visible
from resolvers.context import Context
from resolvers.errors import Unauthenticated, patient
from resolvers.identity import tokens
from resolvers.identity.erasures import owned
from resolvers.identity.proofs import require_proof
from resolvers.identity.standings import standing
from resolvers.identity.tokens import Form
from resolvers.writes import Transaction

LIFETIME = 5 * 60.0
"""Seconds that a link to an export is good for."""
FORM = Form(
    purpose="export",
    kind="export+jwt",
    audience="heliograph export",
    texts=("iss", "aud", "sub", "sid", "jti"),
)
AT_ONCE, LARGE = 100, 10
"""Rows that are read at a time, and of those that have many numbers."""
WHOSE: Mapping[Any, Any] = {User: User.id, AuditEntry: AuditEntry.actor_id}
"""What says whose a row is, of models that have no owner."""
OTHERS = {"audit_log.payload", "audit_log.payload_digest", "audit_log.salt"}
"""Columns that may tell something of others."""
OVER = "this link is not valid, or no longer; ask for another"


@dataclass(frozen=True, slots=True, repr=False)
class Ticket:
    """What an export is fetched with."""

    text: str
    ends: datetime


async def begin(write: Transaction) -> User:
    """Let somebody have all that is kept of them, who has shown who they are."""
    return await write.see(User, await require_proof(write))


def ticket(context: Context, user: User) -> Ticket:
    """What somebody fetches their export with, while their session goes on."""
    session_id, ends = context.origin.session_id, tokens.expiry(LIFETIME)
    said = {"sub": user.id.hex, "ver": user.token_version}
    said["sid"] = session_id.hex if session_id else ""
    return Ticket(tokens.signed(context.equipment.keys, FORM, ends, said), ends)


async def holder(context: Context, ticket: str) -> UUID:
    """Whose export a ticket is for. Raises Unauthenticated."""
    said = tokens.verified(context.equipment.keys, FORM, ticket)
    user_id, session_id = UUID(said["sub"]), UUID(said["sid"])
    with patient():
        async with context.database.read() as session:
            stands = await standing(session, user_id, session_id)
    if stands is None or stands.version != said["ver"]:
        raise Unauthenticated(OVER)
    return user_id


async def lines(context: Context, user_id: UUID) -> AsyncGenerator[bytes]:
    """A line for each row of somebody's, with its table. No secret is among them."""
    models: list[Any] = [User, *reversed(owned()), AuditEntry]
    for model in models:
        last: UUID | None = UUID(int=0)
        while last is not None:
            rows, last = await _page(context, model, user_id, last)
            for row in rows:
                said = {"table": model.__tablename__, **row}
                yield orjson.dumps(said, default=str) + b"\n"


async def _page(
    context: Context, model: Any, user_id: UUID, after: UUID
) -> tuple[list[dict[str, Any]], UUID | None]:
    """Some rows in the order of their ids, and the last one's id if there are more."""
    columns = [one for one in model.__table__.c if str(one) not in OTHERS]
    shown = [one for one in columns if not one.info.get("secret")]
    many = any(isinstance(one.type, Floats) for one in shown)
    whose = getattr(model, "owner_id", WHOSE.get(model))
    few = LARGE if many else AT_ONCE
    rows = visible(SYSTEM, model).where(whose == user_id, model.id > after)
    page = rows.order_by(model.id).limit(few).with_only_columns(*shown)
    async with context.database.read(user_id) as session:
        found = (await session.execute(page)).all()
    names = [str(one.name) for one in shown]
    told = [dict(zip(names, row, strict=True)) for row in found]
    return told, told[-1]["id"] if len(told) == few else None
