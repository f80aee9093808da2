"""API keys: made and shown once, changed for others, and ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from db.base import utcnow
from db.dialects import say
from db.models import ApiKey, Tier, User
from db.models.keys import USUAL_RATE
from resolvers.access import SYSTEM, Actor, Permission, require_person, visible
from resolvers.errors import Exhausted, Invalid, InvalidTransition
from resolvers.identity import keytexts
from resolvers.identity.keystandings import TIERS
from resolvers.identity.keytexts import Made
from resolvers.identity.proofs import require_proof
from resolvers.identity.standings import CHANGED
from resolvers.keys import Keys
from resolvers.mail import Letter
from resolvers.writes import Transaction

USUAL, LONGEST = timedelta(days=90), timedelta(days=365)
"""How long a key lives if nothing is said, and at most."""
OVERLAP = 24
"""Hours that the key from before a rotation opens beside the new one, at most."""
MOST = 100
"""Keys of one user that open something at a time."""
NAME = 255
BUSIEST = 1_000_000
"""Requests in an hour that may be said of a key."""
REVOKED, EXPOSED = "revoked", "exposed"
SUBJECT = "An API key of yours was revoked"
LETTER = """Hello,

your API key "{name}" ({prefix}…) was part of a URL that our server was asked for.
URLs are kept in logs and histories, so whoever reads those has the key. It opens
nothing any more.

Make another, and have it sent in the header `Authorization: Bearer …` or `X-API-Key`.
"""


@dataclass(frozen=True, slots=True)
class Wished:
    """What a key is to be."""

    name: str
    scopes: Sequence[Permission]
    expires_at: datetime | None = None
    rate_limit: int = USUAL_RATE
    tier: Tier | None = None
    trusted_only: bool = False


async def create(write: Transaction, wished: Wished, made: Made) -> ApiKey:
    """Make a key that may do no more than its owner. Raises Invalid and Exhausted."""
    owner_id = await require_proof(write)
    owner = await write.get(User, owner_id)  # two at a time would both find room
    _require_held(write.actor, wished.scopes)
    _require_sayable(wished, owner.tier)
    await _require_room(write, owner_id)
    key = ApiKey(
        owner_id=owner_id,
        name=wished.name.strip(),
        scopes=sorted({str(one) for one in wished.scopes}),
        expires_at=_end(wished.expires_at),
        rate_limit=wished.rate_limit,
        tier=wished.tier,
        trusted_only=wished.trusted_only,
    )
    key.key_prefix, key.key_hash, key.last_four = made.prefix, made.hash, made.last_four
    return await write.add(key)


async def rotate(  # noqa: PLR0913  what its mutation is told
    write: Transaction,
    keys: Keys,
    id_: UUID,
    secret: str,
    *,
    overlap_hours: int,
    expires_at: datetime | None,
) -> ApiKey:
    """Give a key another secret. The one before opens for some hours yet."""
    await require_proof(write)
    if not 0 <= overlap_hours <= OVERLAP:
        said = f"the former key opens for 0 to {OVERLAP} hours, not {overlap_hours}"
        raise Invalid(said, "overlap_hours")
    key = await write.get(ApiKey, id_)
    _require_open(key)
    made = keytexts.made(keys, key.key_prefix, secret)
    key.former_hash = key.key_hash if overlap_hours else None
    key.former_until = utcnow() + timedelta(hours=overlap_hours)
    key.key_hash, key.last_four = made.hash, made.last_four
    if expires_at is not None:
        key.expires_at = _end(expires_at)
    write.announce(CHANGED, key)
    return key


async def revoke(write: Transaction, id_: UUID) -> ApiKey:
    """End a key for good. It is kept, as what it did is."""
    require_person(write.actor)
    key = await write.get(ApiKey, id_)
    if key.revoked_at is not None:
        raise InvalidTransition("this API key has ended already", "id")
    _close(write, key, REVOKED)
    return key


async def revoke_all(write: Transaction, user_id: UUID, reason: str) -> int:
    """End all keys of a user, and tell how many those were."""
    open_ = visible(SYSTEM, ApiKey).where(
        ApiKey.owner_id == user_id, ApiKey.revoked_at.is_(None)
    )
    found = [*await write.session.scalars(open_.with_for_update())]
    for key in found:
        _close(write, key, reason)
    return len(found)


async def expose(write: Transaction, id_: UUID) -> ApiKey | None:
    """End a key that was part of a URL, and tell its owner; None if it had ended."""
    key = await write.get(ApiKey, id_)
    if key.revoked_at is not None:
        return None
    _close(write, key, EXPOSED)
    owner = await write.see(User, key.owner_id)
    text = LETTER.format(name=key.name, prefix=key.key_prefix)
    write.letters.append(Letter(owner.email, SUBJECT, text))
    return key


def is_active(_: Actor, key: Any) -> sa.ColumnElement[bool]:
    """Whether it opens anything now, if its owner's account is open."""
    return key.revoked_at.is_(None) & (key.expires_at > say("now"))


def _close(write: Transaction, key: ApiKey, reason: str) -> None:
    key.revoked_at, key.revoked_reason = utcnow(), reason
    write.announce(CHANGED, key)


def _end(wished: datetime | None) -> datetime:
    """When a key ends. Raises Invalid, naming `expiresAt`."""
    now = utcnow()
    ends = now + USUAL if wished is None else wished
    if not now < ends <= now + LONGEST:
        said = f"a key ends within {LONGEST.days} days from now, not at {ends}"
        raise Invalid(said, "expires_at")
    return ends


def _require_held(actor: Actor, scopes: Sequence[Permission]) -> None:
    if lacking := sorted({*scopes} - actor.permissions):
        said = f"a key may do no more than you, who have no {lacking[0].name}"
        raise Invalid(said.replace("_", " "), "scopes")


def _require_sayable(wished: Wished, tier: Tier) -> None:
    if not 1 <= len(wished.name.strip()) <= NAME:
        raise Invalid(f"a name has from 1 to {NAME} characters", "name")
    if not 1 <= wished.rate_limit <= BUSIEST:
        said = f"a key makes from 1 to {BUSIEST} requests in an hour"
        raise Invalid(f"{said}, not {wished.rate_limit}", "rate_limit")
    if wished.tier and TIERS.index(wished.tier) > TIERS.index(tier):
        raise Invalid(f"your tier is {tier}; a key has no more than it", "tier")


def _require_open(key: ApiKey) -> None:
    if key.revoked_at is not None or key.expires_at <= utcnow():
        raise InvalidTransition("this API key has ended; make another", "id")


async def _require_room(write: Transaction, owner_id: UUID) -> None:
    mine = visible(SYSTEM, ApiKey).where(ApiKey.owner_id == owner_id)
    live = mine.where(ApiKey.revoked_at.is_(None), ApiKey.expires_at > utcnow())
    count = live.with_only_columns(sa.func.count())
    if (there := (await write.session.execute(count)).scalar_one()) >= MOST:
        raise Exhausted(f"you have {there} API keys; revoke one first", "name")
