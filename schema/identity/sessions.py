"""Sessions."""

from datetime import datetime
from typing import Any

import strawberry

from db import models
from resolvers.identity import sessions
from schema.nodes import Entity, Info
from schema.perform import Payload, perform


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
    user_agent: str | None = strawberry.field(
        resolver=lambda root: root.device_info.get("userAgent")
    )
    """The program it was begun with."""
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


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def logout(self, info: Info) -> LogoutPayload:
        """End the session that you are signed in by, with all of its tokens."""
        ended = await perform(info, sessions.log_out)
        return LogoutPayload(session=ended.row, **ended.told)
