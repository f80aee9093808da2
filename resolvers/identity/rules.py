"""What somebody may choose for a password."""

import re
import unicodedata

from db.models import User
from resolvers.access import BaseRole
from resolvers.context import Context
from resolvers.errors import Invalid, patient
from resolvers.identity.blocklist import COMMON
from resolvers.identity.standings import account
from resolvers.passwords import LONGEST
from resolvers.policy import Policy

OWN = 8
"""Characters that must be left without what everybody knows of a person."""
PART = 3
"""Characters of a name that make it a part worth trying."""


SECOND = 8
"""Characters of a password, at least, where a code is asked for besides."""


def minimum(policy: Policy, role: BaseRole, *, second: bool = False) -> int:
    """How long a password is at least, with a second factor or without."""
    if second:
        return min(SECOND, policy.password_minimum)
    if role is BaseRole.ADMIN:
        return max(policy.password_minimum, policy.admin_password_minimum)
    return policy.password_minimum


async def check_for(context: Context, user: User, password: str) -> None:
    """Refuse what will not do as a password of an account. Raises Invalid."""
    with patient():
        async with context.database.read() as session:
            actor = await account(session, user.id)
    role = actor.role if actor else BaseRole.ANYONE
    second = user.totp_enabled_at is not None
    least = minimum(context.equipment.policy, role, second=second)
    check(password, least, user.email, user.full_name or "")


def check(password: str, minimum: int, *known: str) -> None:
    """Refuse a password that is short, long, common, or made of what is `known`.

    Raises Invalid, naming `password`.
    """
    typed = unicodedata.normalize("NFC", password)
    if not minimum <= len(typed) <= LONGEST:
        said = f"a password has from {minimum} to {LONGEST} characters"
        raise Invalid(f"{said}, not {len(typed)}", "password")
    if typed.casefold() in COMMON or len(set(typed)) == 1:
        raise Invalid("this password is among those that are tried first", "password")
    if len(_without(typed.casefold(), *known)) < OWN:
        said = "too little of it is left without your e-mail address and name"
        raise Invalid(f"this password is easily guessed: {said}", "password")


def _without(text: str, *known: str) -> str:
    """A text without the words of what is known, the longest first."""
    words = {word for one in known for word in re.split(r"[\W_]+", one.casefold())}
    for word in sorted(words, key=len, reverse=True):
        if len(word) >= PART:
            text = text.replace(word, "")
    return text
