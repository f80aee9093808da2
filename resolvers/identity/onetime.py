"""One-time tokens: what a link in a letter carries, and good for one thing alone."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from db.base import utcnow
from db.models import OneTimeToken, Purpose, User
from resolvers.access import SYSTEM, visible
from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.errors import Invalid, patient
from resolvers.identity.standings import account
from resolvers.keys import Keys
from resolvers.writes import Transaction

KEY = "one-time token"
"""What a key is made for."""
WORDS: Mapping[Purpose, str] = {
    Purpose.PASSWORD_RESET: "reset",
    Purpose.EMAIL_VERIFY: "verify",
    Purpose.EMAIL_CHANGE: "change",
}
"""How the tokens of each purpose begin."""
SHOWN = re.compile(r"([a-z]+)_[A-Za-z0-9_-]{43}")
OVER = "this link is not valid, or no longer"


@dataclass(frozen=True, slots=True, repr=False)
class Ticket:
    """A token that is about to be sent."""

    purpose: Purpose
    text: str
    hash: str
    lifetime: timedelta


def ticket(equipment: Equipment, purpose: Purpose) -> Ticket:
    """A token that nobody can guess."""
    text = f"{WORDS[purpose]}_{secrets.token_urlsafe(32)}"
    policy = equipment.policy
    reset = purpose is Purpose.PASSWORD_RESET
    seconds = policy.reset_lifetime if reset else policy.verify_lifetime
    return Ticket(
        purpose,
        text,
        equipment.keys.fingerprint(KEY, text),
        timedelta(seconds=seconds),
    )


async def issue(
    write: Transaction, ticket: Ticket, user_id: UUID, email: str
) -> OneTimeToken:
    """Keep a token; those before it of the same purpose are good for nothing now.

    The user's row is locked.
    """
    await void(write, user_id, ticket.purpose)
    token = OneTimeToken(
        owner_id=user_id,
        purpose=ticket.purpose,
        token_hash=ticket.hash,
        email=email,
        expires_at=utcnow() + ticket.lifetime,
    )
    return await write.add(token)


async def void(write: Transaction, user_id: UUID, *purposes: Purpose) -> None:
    """Have a user's tokens end now."""
    now = utcnow()
    live = (
        sa.update(OneTimeToken)
        .where(OneTimeToken.owner_id == user_id, OneTimeToken.used_at.is_(None))
        .where(OneTimeToken.purpose.in_(purposes), OneTimeToken.expires_at > now)
    )
    await write.session.execute(live.values(expires_at=now))


async def shown_by(context: Context, shown: str, *purposes: Purpose) -> User:
    """Whose token it is that is shown. Raises Invalid, naming `token`, if nobody's."""
    words = [WORDS[purpose] for purpose in purposes]
    form = SHOWN.fullmatch(shown)
    if form is None or form[1] not in words:
        raise Invalid(OVER, "token")
    rows = visible(SYSTEM, User).join(OneTimeToken, OneTimeToken.owner_id == User.id)
    good = rows.where(_live(context.equipment.keys, shown), User.is_active)
    with patient():
        async with context.database.read() as session:
            user = await session.scalar(good)
    if user is None:
        raise Invalid(OVER, "token")
    return user


async def claim(
    write: Transaction, keys: Keys, user_id: UUID, shown: str
) -> tuple[User, OneTimeToken]:
    """Use a token, as the user whose it is: the row is locked.

    Of any number at a time, one does. Raises Invalid, naming `token`, for the rest.
    """
    now = utcnow()
    spent = sa.update(OneTimeToken).where(_live(keys, shown)).values(used_at=now)
    token = await write.session.scalar(spent.returning(OneTimeToken))
    if token is None or token.owner_id != user_id:
        raise Invalid(OVER, "token")
    write.note(token, "used_at", None, now)
    user = await write.session.get_one(User, user_id, with_for_update=True)
    actor = await account(write.session, user_id)
    if actor is None:
        raise Invalid(OVER, "token")
    write.actor = actor
    return user, token


def _live(keys: Keys, shown: str) -> sa.ColumnElement[bool]:
    """Whether it is the token that is shown, and still good."""
    return sa.and_(
        OneTimeToken.token_hash.in_(keys.fingerprints(KEY, shown)),
        OneTimeToken.used_at.is_(None),
        OneTimeToken.expires_at > utcnow(),
    )
