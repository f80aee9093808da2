"""Whether an API key opens anything, and what; and that it did, or did not."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from db.base import Column, utcnow
from db.models import ApiKey, Outcome, Tier, User
from resolvers.access import SYSTEM, Actor, visible
from resolvers.audit import entries
from resolvers.context import Context
from resolvers.identity.standings import HELD, effective, scoped, with_roles
from resolvers.writes import Transaction

REFUSED = "apiKeyRefused"
"""What the audit calls it that a known key opened nothing."""
SELDOM = timedelta(minutes=1)
"""How often it is written down at most that a key was used, or refused."""
TIERS = [*Tier]


@dataclass(frozen=True, slots=True, repr=False)
class KeyStanding:
    """What an API key is good for at this moment."""

    actor: Actor
    """Its owner, who may do no more by it than its scopes say."""
    prefix: str
    secrets: tuple[tuple[str, datetime], ...]
    """The hashes that open, each with its end."""
    closed: str | None
    """Why it opens nothing, if it was ended before its time."""
    rate_limit: int
    """Requests that it makes in an hour at most."""
    trusted_only: bool
    """Whether it opens nothing but persisted documents."""
    tier: Tier = field(compare=False)
    """Its owner's, or less."""

    def ends(self, shown: Sequence[str]) -> datetime | None:
        """Until when it is opened by what is shown; None for what is not this key."""
        for kept, until in self.secrets:
            if any(hmac.compare_digest(kept, one) for one in shown):
                return until
        return None


async def key_standing(session: AsyncSession, prefix: str) -> KeyStanding | None:
    """How the key stands that begins so: None where there is none."""
    owned = visible(SYSTEM, ApiKey).join(User, User.id == ApiKey.owner_id)
    rows = with_roles(owned).where(ApiKey.key_prefix == prefix)
    columns = rows.add_columns(User.is_active, User.tier, *HELD)
    found = (await session.execute(columns)).all()
    if not found:
        return None
    key, active, tier, *_ = found[0]
    role, held = effective([one[3:] for one in found])
    owner = Actor(key.owner_id, role, held)
    may = owner.permissions & scoped(key.scopes)
    return KeyStanding(
        actor=replace(owner, granted=may, key_id=key.id),
        prefix=prefix,
        secrets=_secrets(key),
        closed="REVOKED" if key.revoked_at else None if active else "INACTIVE",
        rate_limit=key.rate_limit,
        trusted_only=key.trusted_only,
        tier=min(key.tier or tier, tier, key=TIERS.index),
    )


async def used(context: Context, key_id: UUID, shown: Sequence[str]) -> None:
    """Write down that a key is in use, unless that was done within the minute.

    Its hash becomes the first of those that are shown, made by the server's secret of
    now: so a key that is used outlives a change of that.
    """
    now = utcnow()
    seldom = _seldom(ApiKey.last_used_at, now)
    renewed = sa.case((ApiKey.key_hash.in_(shown), shown[0]), else_=ApiKey.key_hash)
    same = {"updated_at": ApiKey.updated_at, "key_hash": renewed}
    noted = sa.update(ApiKey).where(ApiKey.id == key_id, seldom)
    async with context.transaction() as write:
        await write.session.execute(noted.values(last_used_at=now, **same))


async def refused(context: Context, key: KeyStanding, code: str) -> None:
    """Write down that a known key opened nothing, once in a minute at most."""

    async def work(write: Transaction) -> None:
        now, key_id = utcnow(), key.actor.key_id
        seldom = _seldom(ApiKey.refused_at, now)
        same = {"updated_at": ApiKey.updated_at}
        noted = sa.update(ApiKey).where(ApiKey.id == key_id, seldom)
        row = noted.values(refused_at=now, **same).returning(ApiKey)
        if found := await write.session.scalar(row):
            write.actor = key.actor
            write.changes["refused"] = {"code": code}
            await entries.append(write, REFUSED, found, status=Outcome.FAILURE)

    await context.written(work)


def _secrets(key: ApiKey) -> tuple[tuple[str, datetime], ...]:
    now = (key.key_hash, key.expires_at)
    if key.former_hash is None or key.former_until is None:
        return (now,)
    return now, (key.former_hash, min(key.former_until, key.expires_at))


def _seldom(noted: Column, now: datetime) -> sa.ColumnElement[bool]:
    return noted.is_(None) | (noted <= now - SELDOM)
