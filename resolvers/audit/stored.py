"""Entries as the database has them, in whatever way they were damaged."""

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa

from db.models import AuditEntry
from resolvers.access import SYSTEM, visible
from resolvers.audit.canonical import EPOCH, Said, micros, seal

SAME = (
    *("action", "actor_kind", "entity", "payload_digest", "prev_hash", "request_id"),
    *("salt", "seq", "signature", "status", "user_agent"),
)
PLAIN = {name: name for name in SAME} | {"ip": "ip_address"}
"""What an entry says as the column of that name has it."""


def raw() -> Any:
    """The columns of all entries, as the driver gives them."""
    columns: list[Any] = [
        sa.type_coerce(one, sa.types.NullType()).label(one.name)
        for one in AuditEntry.__table__.columns
    ]
    return visible(SYSTEM, AuditEntry).with_only_columns(*columns)


def behind(entry: Any) -> sa.ColumnElement[bool]:
    """Whether an entry comes behind one that was read so, by number and then by id."""
    id_ = sa.type_coerce(AuditEntry.id, sa.types.NullType())
    return sa.tuple_(AuditEntry.seq, id_) > (entry.seq, entry.id)


def said(entry: Any) -> Said | None:
    """All that an entry says, in the version of the form that it was sealed in.

    Nothing, if that cannot be read.
    """
    try:
        newest = _said(entry)
        if seal(newest) == newest["signature"]:
            return newest
        early = int(newest["ts"] / 1_000_000 * 1_000_000)
        first = newest | {"v": 1, "ts": early}
        return first if seal(first) == first["signature"] else newest
    except (ValueError, TypeError, RecursionError):
        return None


def _said(entry: Any) -> Said:
    payload = entry.payload
    if isinstance(payload, str):
        payload = orjson.loads(payload)
    if not isinstance(payload, dict) or not isinstance(entry.seq, int):
        raise TypeError
    told = {name: getattr(entry, column) for name, column in PLAIN.items()}
    told["id"] = _id(entry.id)
    told["actor_id"] = entry.actor_id and _id(entry.actor_id)
    told["entity_id"] = entry.entity_id and _id(entry.entity_id)
    told["payload"], told["ts"], told["v"] = payload, _ts(entry.created_at), 2
    return told


def _id(value: UUID | str) -> str:
    """An id as it is written; SQLite has its digits alone."""
    if not isinstance(value, str):
        return str(value)
    if len(value) != 32:
        raise ValueError
    parts = value[:8], value[8:12], value[12:16], value[16:20], value[20:]
    return "-".join(parts)


def _ts(value: datetime | str) -> int:
    """A moment in microseconds; SQLite has its text, of which there is one spelling."""
    if isinstance(value, datetime):
        return micros(value)
    read = datetime.fromisoformat(value)
    if read.isoformat(" ", "microseconds") != value:
        raise ValueError
    return micros(read.replace(tzinfo=EPOCH.tzinfo))
