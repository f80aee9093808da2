"""Accounts: made by strangers, where they may, and by whoever runs the server."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from db.base import utcnow
from db.models import User
from resolvers.access import SYSTEM, Actor, BaseRole
from resolvers.context import Context
from resolvers.errors import Forbidden, Invalid
from resolvers.identity import addresses, rules, sessions
from resolvers.identity.sessions import Opening
from resolvers.platform.events import conclude
from resolvers.writes import Transaction

ROLES: Mapping[BaseRole, UUID] = {
    BaseRole.ADMIN: UUID(int=1),
    BaseRole.USER: UUID(int=2),
    BaseRole.VIEWER: UUID(int=3),
}
"""The roles that the migrations bring."""
LONGEST = 255
"""Characters of a name."""
BREAKS = {"Cc", "Zl", "Zp"}
"""Categories of what controls a terminal, or breaks a line."""


@dataclass(frozen=True, slots=True, repr=False)
class Newcomer:
    """An account that is about to be made."""

    email: str
    full_name: str | None
    password_hash: str
    role: BaseRole

    def account(self) -> User:
        return User(
            email=self.email,
            full_name=self.full_name,
            password_hash=self.password_hash,
            role_id=ROLES[self.role],
        )


async def applicant(
    context: Context, email: str, password: str, full_name: str | None
) -> Newcomer:
    """A stranger who may make an account. Raises Invalid, RateLimited and Forbidden."""
    if not context.equipment.policy.sign_up:
        raise Forbidden("accounts are made by whoever runs this server")
    await context.equipment.throttle.hit("signUp", context.origin.address or "")
    return await newcomer(context, email, password, full_name)


async def newcomer(
    context: Context,
    email: str,
    password: str,
    full_name: str | None = None,
    role: BaseRole = BaseRole.USER,
) -> Newcomer:
    """An account as it may be made, its password hashed: that takes time.

    Raises Invalid, naming the argument.
    """
    address, name = addresses.normal(email), _name(full_name)
    rules.check(
        password, context.equipment.policy.password_minimum, address, name or ""
    )
    hashed = await context.equipment.passwords.hashed(password)
    return Newcomer(address, name, hashed, role)


async def sign_up(write: Transaction, newcomer: Newcomer, opening: Opening) -> User:
    """Make an account, and sign its owner in."""
    user = newcomer.account()
    user.last_login = utcnow()
    await write.add(user, uq_users_email="email")
    write.actor = Actor(user.id, newcomer.role)
    await sessions.begin(write, user.id, opening)
    return user


async def create_admin(context: Context, email: str, password: str) -> User:
    """Make the account of an administrator, as whoever runs the server.

    Raises Invalid, and Conflict where the e-mail address is taken.
    """
    context.become(SYSTEM)
    admin = await newcomer(context, email, password, role=BaseRole.ADMIN)

    async def work(write: Transaction) -> User:
        user = await write.add(admin.account(), uq_users_email="email")
        await conclude(write, "userCreateAdmin", user)
        return user

    return await context.written(work)


def _name(text: str | None) -> str | None:
    """What somebody is called, in one line. Raises Invalid, naming `fullName`."""
    name = unicodedata.normalize("NFC", text or "").strip()
    if len(name) > LONGEST:
        raise Invalid(f"a name has at most {LONGEST} characters", "full_name")
    if any(unicodedata.category(sign) in BREAKS for sign in name):
        raise Invalid("a name is one line, without control characters", "full_name")
    return name or None
