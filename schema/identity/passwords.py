"""Passwords: changed by whoever knows them, and reset by whoever has forgotten."""

import strawberry

from db import models
from resolvers.identity import passwordchanges, resets, tokens
from schema.identity.entrances import Tokens, signed
from schema.nodes import Info
from schema.perform import Payload, Performed
from schema.reads import costing


@strawberry.input
class PasswordChangeInput:
    """Another password for your account."""

    password: str
    """The new password, of 12 to 128 characters."""
    current_password: str | None = None
    """The present one; not needed for ten minutes after `login` or `sessionConfirm`."""


@strawberry.type
class PasswordChangePayload(Payload):
    """What to sign requests with from now on."""

    tokens: Tokens | None
    """For your session, the only one that goes on; null where there are errors."""


@strawberry.input
class PasswordResetRequestInput:
    """Whose password was forgotten."""

    email: str
    """The e-mail address of the account."""


@strawberry.type
class PasswordResetRequestPayload(Payload):
    """That it was asked for: the same whether or not there is such an account."""


@strawberry.input
class PasswordResetInput:
    """A new password for an account whose password was forgotten."""

    token: str
    """From the link in the letter: good for half an hour, and once."""
    password: str
    """The new password, of 12 to 128 characters."""


@strawberry.type
class PasswordResetPayload(Payload):
    """That the account has its new password, with which to sign in."""


@strawberry.type
class Mutation:
    @strawberry.mutation(metadata=costing(50, alone=True))
    async def password_change(
        self, info: Info, input: PasswordChangeInput
    ) -> PasswordChangePayload:
        """Choose another password. All your other sessions end."""
        context = info.context
        refresh = tokens.fresh(context.equipment.keys)
        given = input.current_password, input.password, refresh
        done = Performed(await passwordchanges.change(context, *given))
        if (session := done.row) is None:
            return PasswordChangePayload(tokens=None, **done.told)
        user = await context.loaders.row(models.User).load(session.owner_id)
        version = user.token_version if user else 0
        fresh = signed(info, session.owner_id, session.id, version, refresh.text)
        return PasswordChangePayload(tokens=fresh, **done.told)

    @strawberry.mutation(metadata=costing(50, alone=True))
    async def password_reset_request(
        self, info: Info, input: PasswordResetRequestInput
    ) -> PasswordResetRequestPayload:
        """Have a link mailed, by which the password of an account is reset."""
        await resets.request(info.context, input.email)
        return PasswordResetRequestPayload(user_errors=[])

    @strawberry.mutation(metadata=costing(50, alone=True))
    async def password_reset(
        self, info: Info, input: PasswordResetInput
    ) -> PasswordResetPayload:
        """Give your account a new password, by the link that was mailed to you.

        All its sessions end, and so does a lock.
        """
        done = await resets.reset(info.context, input.token, input.password)
        return PasswordResetPayload(**Performed(done).told)
