"""Invitations: codes by which people come in with a role, so many and no more."""

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from db.base import utcnow
from db.models import Invitation, Role, User, UserRole
from resolvers.access import (
    SYSTEM,
    Actor,
    BaseRole,
    Permission,
    require,
    require_person,
    visible,
)
from resolvers.context import Context
from resolvers.errors import Conflict, Forbidden, Invalid, patient
from resolvers.identity import addresses, letters
from resolvers.identity.proofs import require_proof
from resolvers.identity.standings import CHANGED, account, allowed
from resolvers.keys import Keys
from resolvers.policy import Policy
from resolvers.writes import Transaction

KEY = "invitation"
"""What a key is made for."""
MOST = 1_000
"""People that one invitation lets in."""
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=90)
OVER = "this invitation is not valid, or no longer"
HELD = "you have this role already"


@dataclass(frozen=True, slots=True, repr=False)
class Code:
    """What an invitation is shown by, and what is kept of it."""

    text: str = field(compare=False)
    hash: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class Terms:
    """Whom an invitation lets in, as what, and until when."""

    role: str
    max_uses: int
    email: str | None
    lasts: timedelta


def fresh(keys: Keys) -> Code:
    """A code that nobody can guess."""
    text = f"invite_{secrets.token_urlsafe(32)}"
    return Code(text, keys.fingerprint(KEY, text))


async def create(
    write: Transaction, policy: Policy, code: Code, terms: Terms
) -> Invitation:
    """Invite people. Whoever is named by an e-mail address is written to."""
    require(write.actor, Permission.INVITE)
    user_id = await require_proof(write)  # it gives a role away
    if not 1 <= terms.max_uses <= MOST:
        said = f"an invitation is for 1 to {MOST} people, not {terms.max_uses}"
        raise Invalid(said, "max_uses")
    if not SHORTEST <= terms.lasts <= LONGEST:
        most = round(LONGEST.total_seconds())
        raise Invalid(f"an invitation lasts from 60 to {most} seconds", "expires_in")
    role = await _role(write, terms.role)
    if not _grants(write.actor, role):
        said = (
            f"the role {role.name!r} may do more than you, and so is not yours to give"
        )
        raise Forbidden(said)
    invitation = Invitation(
        owner_id=user_id,
        code_hash=code.hash,
        role_id=role.id,
        email=terms.email and addresses.normal(terms.email),
        max_uses=terms.max_uses,
        uses=0,
        expires_at=utcnow() + terms.lasts,
    )
    if invitation.email:
        letter = letters.invitation(policy, invitation.email, code.text)
        write.letters.append(letter)
    return await write.add(invitation)


async def revoke(write: Transaction, id_: UUID) -> Invitation:
    """Let nobody else in by an invitation."""
    require(write.actor, Permission.INVITE)
    invitation = await write.get(Invitation, id_)
    if invitation.revoked_at is not None:
        raise Conflict("this invitation was taken back before", "id")
    invitation.revoked_at = utcnow()
    return invitation


async def redeem(write: Transaction, keys: Keys, code: str) -> User:
    """Take a role besides those that the actor has, by an invitation."""
    user = await write.get(User, require_person(write.actor))
    await write.serve()
    invitation, role = await spend(write, keys, code, user.email, "code")
    if role.id == user.role_id:
        raise Conflict(HELD, "code")
    await grant(write, user.id, invitation)
    write.announced.append((CHANGED, user.id, user.id))
    return user


async def grant(write: Transaction, user_id: UUID, invitation: Invitation) -> None:
    """Give somebody an invitation's role besides their first. Raises Conflict."""
    given = UserRole(owner_id=user_id, role_id=invitation.role_id)
    given.assigned_by = invitation.owner_id
    try:
        await write.add(given, uq_user_roles_owner_id_role_id="code")
    except Conflict as error:
        raise Conflict(HELD, "code") from error


async def found(context: Context, code: str, email: str) -> BaseRole:
    """The first role of somebody who comes in by an invitation, if they may.

    Nothing is used up by that. Raises Invalid, naming `invitation_code`.
    """
    rows = visible(SYSTEM, Role).join(Invitation, Invitation.role_id == Role.id)
    with patient():
        async with context.database.read() as session:
            open_ = rows.where(_open(context.equipment.keys, code, email))
            role = await session.scalar(open_)
    if role is None:
        raise Invalid(OVER, "invitation_code")
    return first(role)


async def spend(
    write: Transaction, keys: Keys, code: str, email: str, field: str
) -> tuple[Invitation, Role]:
    """Use an invitation once more: of any number at a time, no more than may.

    It is worth what its maker may still grant. Raises Invalid, naming the `field`.
    """
    used = sa.update(Invitation).where(_open(keys, code, email))
    used = used.values(uses=Invitation.uses + 1, version=Invitation.version + 1)
    invitation = await write.session.scalar(used.returning(Invitation))
    if invitation is None:
        raise Invalid(OVER, field)
    role = await write.session.get_one(Role, invitation.role_id)
    maker = await account(write.session, invitation.owner_id)
    if maker is None or not _grants(maker, role):
        raise Invalid(OVER, field)
    write.note(invitation, "uses", invitation.uses - 1, invitation.uses)
    return invitation, role


def first(role: Role) -> BaseRole:
    """What somebody is first who is invited to be this."""
    return BaseRole(role.name) if role.is_system else BaseRole.USER


def _open(keys: Keys, code: str, email: str) -> sa.ColumnElement[bool]:
    """Whether it is the invitation of this code, and lets this address in."""
    address = addresses.compared(email)
    return sa.and_(
        Invitation.code_hash.in_(keys.fingerprints(KEY, code)),
        Invitation.uses < Invitation.max_uses,
        Invitation.expires_at > utcnow(),
        Invitation.revoked_at.is_(None),
        Invitation.email.is_(None) | addresses.same(Invitation.email, address),
    )


def _grants(actor: Actor, role: Role) -> bool:
    """Whether somebody may give a role away: never more than they hold."""
    if role.name == BaseRole.ADMIN:
        return actor.role is BaseRole.ADMIN
    return allowed(role.name, role.permissions) <= actor.permissions


async def _role(write: Transaction, name: str) -> Role:
    rows = visible(SYSTEM, Role).where(Role.name == name)
    if (role := await write.session.scalar(rows)) is None:
        raise Invalid(f"no role is called {name!r}", "role")
    return role
