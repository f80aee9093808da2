"""Who is asking, once it is known."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from starlette.requests import HTTPConnection

from resolvers.access import ANONYMOUS, Actor
from resolvers.context import Context
from resolvers.writes import Origin
from server.throttle import counted


@dataclass(frozen=True, slots=True)
class Principal:
    """An actor, and how long we may take their word for it."""

    actor: Actor
    expires_at: datetime | None = None
    """When the token ends; a websocket needs a fresh one by then."""
    session_id: UUID | None = None
    """The session the token belongs to, which may be revoked before."""
    version: int = 0
    """Of the user's tokens, which are revoked when it is raised."""


STRANGER = Principal(ANONYMOUS)

Authenticate = Callable[[str | None], Awaitable[Principal]]
"""From an `authorization`, or none, to who it speaks for.

Raises Unauthenticated for one that is forged, expired or incomplete.
"""


def origin(connection: HTTPConnection, who: Principal, request_id: str) -> Origin:
    """Where an operation comes from."""
    return Origin(
        request_id,
        connection.client.host if connection.client else None,
        connection.headers.get("user-agent"),
        who.session_id,
    )


def payer(context: Context) -> str:
    """Whose points an operation costs."""
    return paying(context.actor, context.origin.address)


def paying(actor: Actor, address: str | None) -> str:
    """Whose points somebody spends: a user's own, or those of a stranger's address."""
    return str(actor.user_id or counted(address or ""))
