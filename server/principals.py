"""Who is asking, once it is known."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from starlette.requests import HTTPConnection

from db.models import Tier
from resolvers.access import ANONYMOUS, Actor
from resolvers.errors import BadRequest
from resolvers.identity.keystandings import KeyStanding
from resolvers.writes import Origin

SIGNS = ("authorization", "x-api-key")
"""Where it says who asks: by a token or an API key, or by an API key alone."""


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
    tier: Tier = Tier.FREE
    """How much they may ask."""
    key: KeyStanding | None = None
    """The API key they ask with, as it stood."""

    @property
    def rate_limit(self) -> int | None:
        """Requests that their key makes in an hour at most."""
        return self.key and self.key.rate_limit

    @property
    def trusted_only(self) -> bool:
        """Whether they may ask nothing but persisted documents."""
        return self.key is not None and self.key.trusted_only

    @property
    def key_prefix(self) -> str | None:
        """How their key begins, which is what it is known by."""
        return self.key and self.key.prefix


STRANGER = Principal(ANONYMOUS)

Authenticate = Callable[[str | None, Origin], Awaitable[Principal]]
"""From an `authorization`, or none, and where it comes from to who it speaks for.

Raises Unauthenticated for one that is forged, expired or incomplete.
"""


def shown(headers: Mapping[str, str]) -> str | None:
    """What somebody shows of who they are, as an `authorization`. Raises BadRequest."""
    bearer, key = map(headers.get, SIGNS)
    if key is None:
        return bearer
    if bearer is not None:
        raise BadRequest("show one of `{}` and `{}`, not both".format(*SIGNS))
    return f"Bearer {key}"


def origin(connection: HTTPConnection, who: Principal, request_id: str) -> Origin:
    """Where an operation comes from."""
    return Origin(
        request_id,
        connection.client.host if connection.client else None,
        connection.headers.get("user-agent"),
        who.session_id,
        who.key_prefix,
    )
