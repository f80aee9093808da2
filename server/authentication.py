"""From a bearer token to who it speaks for, and whether they still may."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from uuid import UUID

from resolvers.access import Actor
from resolvers.equipment import Equipment
from resolvers.errors import Unauthenticated, patient
from resolvers.identity import tokens
from resolvers.identity.standings import CHANGED, Standing, standing
from server.principals import STRANGER, Principal

FRESH = 4.0
"""Seconds that an answer is believed: with the time to ask again, less than five."""
REMEMBERED = 10_000
"""Sessions whose standing is remembered."""
SCHEME = "bearer "
Session = tuple[UUID, UUID]
"""Whose session, and which."""


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

    async def authenticate(self, bearer: str | None) -> Principal:
        """Who an `authorization` speaks for. Raises Unauthenticated."""
        if bearer is None:
            return STRANGER
        if not bearer.lower().startswith(SCHEME):
            raise Unauthenticated("an authorization is `Bearer` and an access token")
        claims = tokens.read(self._equipment.keys, bearer[len(SCHEME) :].strip())
        found = await self._standing((claims.user_id, claims.session_id))
        if found is None or found.version != claims.version:
            raise Unauthenticated("this session has ended; sign in again")
        actor = Actor(claims.user_id, found.role)
        ends, session_id = claims.expires_at, claims.session_id
        return Principal(actor, ends, session_id, claims.version)

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
        async with self._equipment.bus.listen(CHANGED, None) as changes:

            async def hear() -> None:
                async for change in changes:
                    self._forget(change.owner_id)

            hearing = asyncio.create_task(hear())
            try:
                yield
            finally:
                hearing.cancel()
                await asyncio.gather(hearing, return_exceptions=True)

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

    def _forget(self, user_id: UUID) -> None:
        for session in [one for one in self._remembered if one[0] == user_id]:
            del self._remembered[session]
