"""Accounts: made by strangers, where they may, and by whoever runs the server."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from db.base import utcnow
from db.models import Purpose, User
from resolvers.access import ANONYMOUS, SYSTEM, Actor, BaseRole, visible
from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.errors import Conflict, Forbidden, Invalid
from resolvers.identity import (
    addresses,
    invitations,
    letters,
    onetime,
    profiles,
    resets,
    rules,
    sessions,
    verifications,
)
from resolvers.identity.onetime import Ticket
from resolvers.identity.sessions import Opening
from resolvers.platform.actions import Done, act
from resolvers.platform.events import conclude
from resolvers.writes import Transaction

ROLES: Mapping[BaseRole, UUID] = {
    BaseRole.ADMIN: UUID(int=1),
    BaseRole.USER: UUID(int=2),
    BaseRole.VIEWER: UUID(int=3),
}
"""The roles that the migrations bring."""
SIGN_UP = "signUp"
"""What the audit calls it."""


@dataclass(frozen=True, slots=True, repr=False)
class Newcomer:
    """An account that is about to be made."""

    equipment: Equipment
    email: str
    full_name: str | None
    password_hash: str
    role: BaseRole
    invitation: str | None
    """The code that they come in by."""
    ticket: Ticket
    """What they show by that the address is theirs."""

    def account(self) -> User:
        return User(
            email=self.email,
            full_name=self.full_name,
            password_hash=self.password_hash,
            role_id=ROLES[self.role],
        )


@dataclass(frozen=True, slots=True, repr=False)
class Application:
    """What a stranger says of the account that they want."""

    email: str
    password: str
    full_name: str | None = None
    invitation: str | None = None


async def applicant(context: Context, asked: Application) -> Newcomer:
    """A stranger who may make an account. Raises Invalid, RateLimited and Forbidden."""
    policy, throttle = context.equipment.policy, context.equipment.throttle
    if not policy.sign_up and asked.invitation is None:
        raise Forbidden("accounts are made by whoever runs this server, or invited to")
    await throttle.hit("signUp", context.origin.address or "")
    role = BaseRole.USER
    if asked.invitation is not None:
        role = await invitations.found(context, asked.invitation, asked.email)
    return await newcomer(
        context, asked.email, asked.password, asked.full_name, role, asked.invitation
    )


async def newcomer(  # noqa: PLR0913, PLR0917  all that there is to say of an account
    context: Context,
    email: str,
    password: str,
    full_name: str | None = None,
    role: BaseRole = BaseRole.USER,
    invitation: str | None = None,
) -> Newcomer:
    """An account as it may be made, its password hashed: that takes time.

    Raises Invalid, naming the argument.
    """
    equipment = context.equipment
    address, name = addresses.normal(email), profiles.called(full_name)
    least = rules.minimum(equipment.policy, role)
    rules.check(password, least, address, name or "")
    hashed = await equipment.passwords.hashed(password)
    ticket = onetime.ticket(equipment, Purpose.EMAIL_VERIFY)
    return Newcomer(equipment, address, name, hashed, role, invitation, ticket)


async def sign_up(write: Transaction, newcomer: Newcomer, opening: Opening) -> User:
    """Make an account, and sign its owner in."""
    user = await make(write, newcomer)
    user.last_login = utcnow()
    await sessions.begin(write, user.id, opening)
    return user


async def make(write: Transaction, newcomer: Newcomer) -> User:
    """Make an account. Its owner is written to, to show that the address is theirs."""
    await write.serve()
    user = await write.add(newcomer.account(), uq_users_email="email")
    write.actor = Actor(user.id, newcomer.role)
    if newcomer.invitation is not None:
        await _invited(write, newcomer, user)
    policy = newcomer.equipment.policy
    await verifications.begin(write, policy, newcomer.ticket, user)
    return user


async def apply(context: Context, newcomer: Newcomer) -> Done:
    """Make an account that is good for something once its address is verified.

    It is made later, and whoever has the address already is written to, so that nobody
    else can tell. Raises RateLimited. An invitation is used at once, or refused.
    """
    equipment = context.equipment
    fingerprint = addresses.fingerprint(equipment.keys, newcomer.email)
    await equipment.throttle.hit("letter", fingerprint)
    asking = Context(equipment, ANONYMOUS, context.origin)
    if newcomer.invitation is not None:
        return await _applied(asking, newcomer)
    equipment.afterwards.begin(partial(_applied, asking, newcomer))
    return Done()


async def _applied(context: Context, newcomer: Newcomer) -> Done:
    done = await act(context, SIGN_UP, None, make, newcomer)
    if isinstance(done.refusal, Conflict) and done.refusal.field == ("email",):
        await context.written(lambda write: _tell(write, newcomer))
        return Done()
    return done


async def _tell(write: Transaction, newcomer: Newcomer) -> None:
    """Write to whoever has an address that somebody signs up with.

    If nobody has shown yet that it is theirs, whoever reads that chooses the password:
    the account may have been made by another, who knows the one that it has.
    """
    policy, address = newcomer.equipment.policy, addresses.compared(newcomer.email)
    rows = visible(SYSTEM, User).where(addresses.whose(address), User.is_active)
    if (user := await write.session.scalar(rows.with_for_update())) is None:
        return
    if user.email_verified:
        write.letters.append(letters.taken(policy, user.email))
        return
    ticket = onetime.ticket(newcomer.equipment, Purpose.PASSWORD_RESET)
    await onetime.issue(write, ticket, user.id, user.email)
    write.letters.append(letters.again(policy, user.email, ticket))
    await conclude(write, resets.REQUESTED, user)


async def _invited(write: Transaction, newcomer: Newcomer, user: User) -> None:
    """Use the invitation that somebody comes in by, for the role that it gives."""
    keys, code = newcomer.equipment.keys, newcomer.invitation or ""
    given = keys, code, user.email, "invitation_code"
    invitation, role = await invitations.spend(write, *given)
    if invitations.first(role) is not newcomer.role:
        raise Invalid(invitations.OVER, "invitation_code")
    if role.id != user.role_id:
        await invitations.grant(write, user.id, invitation)


async def create_admin(context: Context, email: str, password: str) -> User:
    """Make the account of an administrator, as whoever runs the server.

    Raises Invalid, and Conflict where the e-mail address is taken.
    """
    context.become(SYSTEM)
    admin = await newcomer(context, email, password, role=BaseRole.ADMIN)

    async def work(write: Transaction) -> User:
        account = admin.account()
        account.email_verified = True  # as whoever runs the server says
        user = await write.add(account, uq_users_email="email")
        await conclude(write, "userCreateAdmin", user)
        return user

    return await context.written(work)
