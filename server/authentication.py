"""From a bearer token to who it speaks for, and whether they still may."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from uuid import UUID

from db.base import utcnow
from resolvers.access import Actor
from resolvers.equipment import Equipment
from resolvers.errors import Unauthenticated, patient
from resolvers.identity import tokens
from resolvers.identity.standings import CHANGED, Standing, standing
from resolvers.news import Event
from server.hearing import hearing
from server.principals import STRANGER, Principal

FRESH = 4.0
"""Seconds that an answer is believed: with the time to ask again, less than five."""
REMEMBERED = 10_000
"""Sessions whose standing is remembered."""
SCHEME = "bearer "
Session = tuple[UUID, UUID]
"""Whose session, and which."""
NEVER: tuple[float, None] = (0.0, None)
"""What was not found out."""


class Authentication:
    """Tells who is asking. It remembers for some seconds how their session stands.

    What it remembers of a user is forgotten as soon as the bus says that it changed,
    while this is `running`.
    """

    def __init__(self, equipment: Equipment) -> None:
        self._equipment = equipment
        self._remembered: OrderedDict[Session, tuple[float, Standing | None]] = (
            OrderedDict()
        )
        self._found: OrderedDict[str, tuple[float, Principal | None]] = OrderedDict()
        """Whom tokens speak for, and until when that is believed."""

    def at_once(self, bearer: str | None) -> Principal | None:
        """Who an `authorization` speaks for, if that was found out just now."""
        if bearer is None:
            return STRANGER
        until, principal = self._found.get(bearer, NEVER)
        return principal if until > time.monotonic() else None

    async def authenticate(self, bearer: str | None) -> Principal:
        """Who an `authorization` speaks for. Raises Unauthenticated."""
        if principal := self.at_once(bearer):
            return principal
        if bearer is None or not bearer.lower().startswith(SCHEME):
            raise Unauthenticated("an authorization is `Bearer` and an access token")
        token = bearer[len(SCHEME) :].strip()
        claims = tokens.read(self._equipment.keys, token)
        session = claims.user_id, claims.session_id
        found = await self._standing(session)
        if found is None or found.version != claims.version:
            raise Unauthenticated("this session has ended; sign in again")
        actor = Actor(claims.user_id, found.role)
        ends, session_id = claims.expires_at, claims.session_id
        principal = Principal(actor, ends, session_id, claims.version)
        if len(bearer) == len(SCHEME) + len(token):  # kept, spaces would take room
            self._keep(bearer, principal, self._remembered.get(session, NEVER)[0])
        return principal

    async def revoked(self, principal: Principal) -> None:
        """Return when a principal may not go on: within five seconds of the change.

        Strangers may for ever.
        """
        user_id, session_id = principal.actor.user_id, principal.session_id
        if user_id is None or session_id is None:
            await asyncio.Event().wait()
            return
        trusted = Standing(principal.actor.role, principal.version)
        async with self._equipment.bus.listen(CHANGED, user_id) as words:
            while trusted == await self._standing((user_id, session_id)):
                with suppress(TimeoutError):
                    async with asyncio.timeout(FRESH):
                        await anext(words)
                        self._forget(user_id)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Hear of changes for as long as the process runs."""

        def heard(change: Event) -> None:
            self._forget(change.owner_id)

        async with hearing(self._equipment.bus, CHANGED, heard):
            yield

    async def _standing(self, session: Session) -> Standing | None:
        now = time.monotonic()
        until, found = self._remembered.get(session, (now, None))
        if until <= now:
            found = await self._read(session)
            self._remembered[session] = (now + FRESH, found)
            self._remembered.move_to_end(session)
            if len(self._remembered) > REMEMBERED:
                self._remembered.popitem(last=False)
        return found

    async def _read(self, session: Session) -> Standing | None:
        with patient():
            async with self._equipment.database.read() as reading:
                return await standing(reading, *session)

    def _keep(self, bearer: str, principal: Principal, until: float) -> None:
        """Believe a token until its session is looked at again, or until it ends."""
        if ends := principal.expires_at:
            left = (ends - utcnow()).total_seconds()
            until = min(until, time.monotonic() + left)
        self._found[bearer] = until, principal
        self._found.move_to_end(bearer)
        if len(self._found) > REMEMBERED:
            self._found.popitem(last=False)

    def _forget(self, user_id: UUID) -> None:
        for bearer in [
            one for one, (_, who) in self._found.items() if _is(who, user_id)
        ]:
            del self._found[bearer]
        for session in [one for one in self._remembered if one[0] == user_id]:
            del self._remembered[session]


def _is(principal: Principal | None, user_id: UUID) -> bool:
    return principal is not None and principal.actor.user_id == user_id
