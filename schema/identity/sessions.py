"""Sessions."""

from datetime import datetime
from typing import Any

import strawberry

from db import models
from resolvers.identity import confirmations, sessions
from schema.ids import row_id
from schema.nodes import Entity, Info
from schema.perform import Payload, perform, told
from schema.reads import costing


def _is_current(root: Any, info: Info) -> bool:
    return root.id == info.context.origin.session_id


@strawberry.type
class Session(Entity, of=models.Session):
    """One sign-in on one device."""

    created_at: datetime
    expires_at: datetime
    last_used: datetime
    revoked_at: datetime | None
    revoked_reason: str | None
    proved_at: datetime | None
    user_agent: str | None = strawberry.field(
        resolver=lambda root: root.device_info.get("userAgent")
    )
    """The program it was begun with."""
    platform: str | None = strawberry.field(
        resolver=lambda root: root.device_info.get("platform")
    )
    """What that runs on, as far as it says."""
    address: str | None = strawberry.field(
        resolver=lambda root: root.device_info.get("address")
    )
    """The address it was begun from."""
    is_current: bool = strawberry.field(resolver=_is_current)
    """Whether you are asking by it."""


@strawberry.type
class LogoutPayload(Payload):
    """The session that has ended."""

    session: Session | None
    """Null where there are errors."""


@strawberry.input
class SessionRevokeInput:
    """The session to be ended."""

    id: strawberry.ID
    """Its id."""


@strawberry.type
class SessionRevokePayload(Payload):
    """The session that has ended."""

    session: Session | None
    """Null where there are errors."""


@strawberry.type
class SessionsRevokeOthersPayload(Payload):
    """What has ended."""

    ended: int | None
    """How many sessions; null where there are errors."""


@strawberry.input
class SessionConfirmInput:
    """One of two things that only you have."""

    password: str | None = None
    """Your password."""
    code: str | None = None
    """A code of your second factor, if that is on."""


@strawberry.type
class SessionConfirmPayload(Payload):
    """The session in which you have shown who you are."""

    session: Session | None
    """Null where there are errors."""


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def logout(self, info: Info) -> LogoutPayload:
        """End the session that you are signed in by, with all of its tokens."""
        ended = await perform(info, sessions.log_out)
        return LogoutPayload(session=ended.row, **ended.told)

    @strawberry.mutation
    async def session_revoke(
        self, info: Info, input: SessionRevokeInput
    ) -> SessionRevokePayload:
        """End a session of yours, wherever it is. It is over within five seconds."""
        id_ = row_id(input.id, models.Session)
        ended = await perform(info, sessions.revoke, id_)
        return SessionRevokePayload(session=ended.row, **ended.told)

    @strawberry.mutation
    async def sessions_revoke_others(self, info: Info) -> SessionsRevokeOthersPayload:
        """End all of your sessions but the one that you are asking by."""
        ended = await perform(info, sessions.revoke_others)
        return SessionsRevokeOthersPayload(ended=ended.row, **ended.told)

    @strawberry.mutation(metadata=costing(50, alone=True))
    async def session_confirm(
        self, info: Info, input: SessionConfirmInput
    ) -> SessionConfirmPayload:
        """Show that it is you. For ten minutes this session may do what is dangerous.

        Such is refused with STEP_UP_REQUIRED otherwise. A login shows as much.
        """
        done = await confirmations.confirm(info.context, input.password, input.code)
        return SessionConfirmPayload(session=done.row, user_errors=told(done.refusal))
