"""The form of an entry that anyone can make again, and what is computed of it."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

VERSION = 2
"""Of the form. In the first one some moments were a microsecond early."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS

Said = dict[str, Any]
"""What an entry says, by the names that the form has for it."""
SEALED = (
    *("action", "actor_id", "actor_kind", "entity", "entity_id", "id", "ip"),
    *("payload_digest", "prev_hash", "request_id", "seq", "status", "ts"),
    *("user_agent", "v"),
)
"""What the seal of an entry is over."""
WHOLE = {*SEALED, "payload", "salt", "signature"}
"""All that an entry says."""


def canonical(document: Any) -> bytes:
    """JSON with one spelling: keys sorted, no spaces, no floats in what we give it."""
    return orjson.dumps(document, option=OPTIONS)


def sealed(said: Said) -> str:
    """SHA-256 over a zero byte and the fields as canonical JSON (RFC 8785, 6962)."""
    return hashlib.sha256(b"\0" + canonical(said)).hexdigest()


def seal(said: Said) -> str:
    """The signature that an entry must have which says this."""
    return sealed({name: said[name] for name in SEALED})


def digest(salt: str, payload: Said) -> str:
    """What the chain contains of a payload, so that it may be erased one day."""
    return hashlib.sha256(salt.encode() + canonical(payload)).hexdigest()


def micros(moment: datetime) -> int:
    """A moment in microseconds since 1970."""
    return (moment - EPOCH) // MICROSECOND


def fields(entry: Any) -> Said:
    """What an entry's seal is over, but for what the end of the chain tells."""
    return {
        "action": entry.action,
        "actor_id": entry.actor_id and str(entry.actor_id),
        "actor_kind": entry.actor_kind,
        "entity": entry.entity,
        "entity_id": entry.entity_id and str(entry.entity_id),
        "id": str(entry.id),
        "ip": entry.ip_address,
        "payload_digest": entry.payload_digest,
        "request_id": entry.request_id,
        "status": entry.status,
        "ts": micros(entry.created_at),
        "user_agent": entry.user_agent,
        "v": VERSION,
    }


def pieces(said: Said) -> tuple[str, str, str]:
    """The canonical JSON before `prev_hash`, from there to `seq`, and after it.

    These two are known only to whoever has the chain's lock.
    """
    before, between, after = {}, {}, {}
    for name, value in said.items():
        part = before if name < "prev_hash" else after if name > "seq" else between
        part[name] = value
    texts = (canonical(part).decode() for part in (before, between, after))
    first, second, third = texts
    return (
        f'{first[:-1]},"prev_hash":"',
        f'",{second[1:-1]},"seq":',
        f",{third[1:]}",
    )
