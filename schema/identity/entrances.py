"""Ways to be signed in: with a new account, with a password, and by staying so."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import strawberry

from resolvers.access import Actor
from resolvers.errors import Refusal
from resolvers.identity import accounts, logins, rotations, sessions, tokens
from resolvers.identity.accounts import Newcomer
from resolvers.identity.logins import Known
from resolvers.identity.sessions import Opening
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
    """Your account, and tokens of a new session."""


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
        """Make an account, and sign in."""
        context = info.context
        email, password, name = input.email, input.password, input.full_name
        applicant = accounts.applicant(context, email, password, name)
        return SignUpPayload(**await _let_in(info, applicant, accounts.sign_up))

    @strawberry.mutation(metadata=costing(50, alone=True))
    async def login(self, info: Info, input: LoginInput) -> LoginPayload:
        """Begin a session. Too many wrong passwords lock an account for a while."""
        known = logins.verified(info.context, input.email, input.password)
        return LoginPayload(**await _let_in(info, known, logins.log_in))

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
        given = _tokens(info, kept.row.owner_id, kept.row.id, version, refresh)
        return TokenRefreshPayload(tokens=given, **kept.told)


async def _let_in(
    info: Info,
    coming: Awaitable[SomebodyT],
    action: Callable[[Transaction, SomebodyT, Opening], Awaitable[Any]],
) -> dict[str, Any]:
    """The fields of an Entrance. A password is hashed before the write begins."""
    try:
        somebody = await coming
    except Refusal as refusal:
        return {"user": None, "tokens": None, "user_errors": told(refusal)}
    opening = sessions.opening(info.context.equipment)
    performed = await perform(info, action, somebody, opening)
    if (user := performed.row) is None:
        return {"user": None, "tokens": None, **performed.told}
    sessions.enter(info.context, Actor(user.id, somebody.role), opening.id)
    version, refresh = user.token_version, opening.refresh.text
    given = _tokens(info, user.id, opening.id, version, refresh)
    return {"user": user, "tokens": given, **performed.told}


def _tokens(
    info: Info, user_id: UUID, session_id: UUID, version: int, refresh: str
) -> Tokens:
    equipment = info.context.equipment
    ends = tokens.expiry(equipment.policy.access_lifetime)
    claims = tokens.Claims(user_id, session_id, version, ends)
    signed = tokens.access(equipment.keys, claims)
    return Tokens(access_token=signed, refresh_token=refresh, expires_at=ends)
