"""Ways to be signed in: with a new account, with a password, and by staying so."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import strawberry

from resolvers.access import Actor
from resolvers.errors import Refusal
from resolvers.identity import (
    accounts,
    challenges,
    logins,
    rotations,
    sessions,
    tokens,
)
from resolvers.identity.accounts import Newcomer
from resolvers.identity.logins import Known
from resolvers.identity.sessions import Opening
from resolvers.platform.actions import Done
from resolvers.writes import Transaction
from schema.identity.users import User
from schema.nodes import Info
from schema.perform import Payload, perform, told
from schema.reads import costing

SomebodyT = TypeVar("SomebodyT", Known, Newcomer)


@strawberry.type
class Tokens:
    """What to sign requests with."""

    access_token: str
    """Sent with each request, as `authorization: Bearer …`."""
    refresh_token: str
    """Good for one `tokenRefresh`, which gives the next. Keep it secret."""
    expires_at: datetime
    """When the access token ends."""


@strawberry.type
class Entrance(Payload):
    """Who is signed in now."""

    user: User | None
    """You; null where there are errors."""
    tokens: Tokens | None
    """What to sign requests with; null where there are errors."""


@strawberry.input
class SignUpInput:
    """The account to be made."""

    email: str
    """Your e-mail address; in which case it is written does not matter."""
    password: str
    """A password of 12 to 128 characters, whichever you like."""
    full_name: str | None = None
    """What you are called."""
    invitation_code: str | None = None
    """The code of an invitation, by which you come in with its role."""


@strawberry.type
class SignUpPayload(Entrance):
    """Your account, and tokens of its first session."""


@strawberry.input
class LoginInput:
    """Who you are."""

    email: str
    """The e-mail address of your account."""
    password: str
    """Its password."""


@strawberry.type
class LoginPayload(Entrance):
    """Your account, and tokens of a new session; or a challenge, and neither."""

    challenge: str | None
    """What `loginConfirm` takes with a code, if your account asks for one."""


@strawberry.input
class TokenRefreshInput:
    """What keeps a session alive."""

    refresh_token: str
    """The last that you were given."""


@strawberry.type
class TokenRefreshPayload(Payload):
    """What to sign requests with from now on."""

    tokens: Tokens | None
    """Null where there are errors."""


@strawberry.type
class Mutation:
    @strawberry.mutation(metadata=costing(50, alone=True))
    async def sign_up(self, info: Info, input: SignUpInput) -> SignUpPayload:
        """Make an account, and sign in.

        Where addresses are to be verified first, there are no tokens and no errors,
        whether or not the address has an account: a letter tells more.
        """
        asked = accounts.Application(
            input.email, input.password, input.full_name, input.invitation_code
        )
        applicant = accounts.applicant(info.context, asked)
        if info.context.equipment.policy.verify_email:
            return SignUpPayload(**await _applied(info, applicant))
        return SignUpPayload(**await _let_in(info, applicant, accounts.sign_up))

    @strawberry.mutation(metadata=costing(50, alone=True))
    async def login(self, info: Info, input: LoginInput) -> LoginPayload:
        """Begin a session. Too many wrong passwords lock an account for a while."""
        try:
            known = await logins.verified(info.context, input.email, input.password)
        except Refusal as refusal:
            return LoginPayload(challenge=None, **nobody(refusal))
        if known.asked:
            return await _challenged(info, known)
        session = await _begun(info, known, logins.log_in)
        return LoginPayload(challenge=None, **session)

    @strawberry.mutation(metadata=costing(50, alone=True))
    async def token_refresh(
        self, info: Info, input: TokenRefreshInput
    ) -> TokenRefreshPayload:
        """Keep a session alive. A refresh token that is shown again later ends it."""
        context = info.context
        rotation = await rotations.prepared(context, input.refresh_token)
        async with rotations.replays_ended(context):
            kept = await perform(info, rotations.rotate, rotation)
        if kept.row is None:
            return TokenRefreshPayload(tokens=None, **kept.told)
        stands = await rotations.resumed(context, kept.row)
        version, refresh = stands.version, rotation.child.text
        given = signed(info, kept.row.owner_id, kept.row.id, version, refresh)
        return TokenRefreshPayload(tokens=given, **kept.told)


async def _applied(info: Info, coming: Awaitable[Newcomer]) -> dict[str, Any]:
    """The fields of an Entrance that does not tell whether there was an account."""
    try:
        done = await accounts.apply(info.context, await coming)
    except Refusal as refusal:
        done = Done(refusal=refusal)
    return nobody(done.refusal)


async def _let_in(
    info: Info,
    coming: Awaitable[SomebodyT],
    action: Callable[[Transaction, SomebodyT, Opening], Awaitable[Any]],
) -> dict[str, Any]:
    """The fields of an Entrance. A password is hashed before the write begins."""
    try:
        somebody = await coming
    except Refusal as refusal:
        return nobody(refusal)
    return await _begun(info, somebody, action)


async def _begun(
    info: Info,
    somebody: SomebodyT,
    action: Callable[[Transaction, SomebodyT, Opening], Awaitable[Any]],
) -> dict[str, Any]:
    """The fields of an Entrance of somebody who is known."""
    opening = sessions.opening(info.context.equipment)
    performed = await perform(info, action, somebody, opening)
    if (user := performed.row) is None:
        return nobody(performed.done.refusal)
    return entered(info, user, Actor(user.id, somebody.role), opening)


async def _challenged(info: Info, known: Known) -> LoginPayload:
    """What is told somebody who has to show a code before a session begins."""
    refusal = (await perform(info, logins.challenge, known)).done.refusal
    challenge = challenges.issue(info.context.equipment, known)
    given = None if refusal else challenge
    return LoginPayload(challenge=given, **nobody(refusal))


def nobody(refusal: Refusal | None) -> dict[str, Any]:
    """The fields of an Entrance by which nobody came in as yet."""
    return {"user": None, "tokens": None, "user_errors": told(refusal)}


def entered(info: Info, user: Any, actor: Actor, opening: Opening) -> dict[str, Any]:
    """The fields of an Entrance of a user whose session has begun."""
    sessions.enter(info.context, actor, opening.id)
    version, refresh = user.token_version, opening.refresh.text
    given = signed(info, user.id, opening.id, version, refresh)
    return {"user": user, "tokens": given, "user_errors": []}


def signed(
    info: Info, user_id: UUID, session_id: UUID, version: int, refresh: str
) -> Tokens:
    """What goes on with a session."""
    equipment = info.context.equipment
    ends = tokens.expiry(equipment.policy.access_lifetime)
    claims = tokens.Claims(user_id, session_id, version, ends)
    token = tokens.access(equipment.keys, claims)
    return Tokens(access_token=token, refresh_token=refresh, expires_at=ends)
