"""From what somebody shows to who it speaks for, and whether they still may."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Generic, TypeVar
from uuid import UUID

from db.base import utcnow
from resolvers.access import Actor
from resolvers.equipment import Equipment
from resolvers.errors import Unauthenticated, patient
from resolvers.identity import keytexts, tokens
from resolvers.identity.keystandings import KeyStanding, key_standing
from resolvers.identity.standings import CHANGED, Standing, standing
from resolvers.news import Event
from resolvers.writes import Origin
from server.hearing import hearing
from server.keyed import Keyed
from server.principals import STRANGER, Principal

FRESH = 4.0
"""Seconds that an answer is believed: with the time to ask again, less than five."""
REMEMBERED = 10_000
"""Sessions whose standing is remembered, and as many keys."""
SCHEME = "bearer "
Session = tuple[UUID, UUID]
"""Whose session, and which."""
NEVER: tuple[float, None] = (0.0, None)
"""What was not found out."""
NOWHERE = Origin()
SubjectT = TypeVar("SubjectT")
StandingT = TypeVar("StandingT")


class Standings(Generic[SubjectT, StandingT]):
    """How some stand, which is remembered for some seconds."""

    def __init__(self, read: Callable[[SubjectT], Awaitable[StandingT | None]]) -> None:
        self._read = read
        self._known: OrderedDict[SubjectT, tuple[float, StandingT | None]] = (
            OrderedDict()
        )
        self._reading: dict[SubjectT, asyncio.Task[StandingT | None]] = {}

    async def find(self, subject: SubjectT) -> StandingT | None:
        """How one stands. Of many who ask at once, one looks."""
        until, found = self._known.get(subject, NEVER)
        if until > time.monotonic():
            return found
        if (reading := self._reading.get(subject)) is None:
            reading = asyncio.create_task(self._found(subject))
            self._reading[subject] = reading
        return await asyncio.shield(reading)

    async def _found(self, subject: SubjectT) -> StandingT | None:
        """What is read, which is remembered unless it was to be forgotten meanwhile."""
        until = time.monotonic() + FRESH
        try:
            found = await self._read(subject)
        finally:
            mine = self._reading.get(subject) is asyncio.current_task()
            if mine:
                del self._reading[subject]
        if mine:
            self._known[subject] = (until, found)
            self._known.move_to_end(subject)
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return found

    def until(self, subject: SubjectT) -> float:
        """Until when what was found is believed."""
        return self._known.get(subject, NEVER)[0]

    def forget(self, gone: Callable[[SubjectT, StandingT | None], bool]) -> None:
        for subject in [one for one, (_, it) in self._known.items() if gone(one, it)]:
            del self._known[subject]
        for subject in [one for one in self._reading if gone(one, None)]:
            del self._reading[subject]


class Authentication:
    """Tells who is asking. It remembers for some seconds how their session stands.

    What it remembers of a user is forgotten as soon as the bus says that it changed,
    while this is `running`.
    """

    def __init__(self, equipment: Equipment) -> None:
        self._equipment = equipment
        self._sessions = Standings(self._read_session)
        self._keys = Standings(self._read_key)
        self._keyed = Keyed(equipment, self._keys.find)
        self._found: OrderedDict[str, tuple[float, Principal | None]] = OrderedDict()
        """Whom tokens speak for, and until when that is believed."""

    def at_once(self, bearer: str | None) -> Principal | None:
        """Who an `authorization` speaks for, if that was found out just now."""
        if bearer is None:
            return STRANGER
        until, principal = self._found.get(bearer, NEVER)
        return principal if until > time.monotonic() else None

    async def authenticate(
        self, bearer: str | None, where: Origin = NOWHERE
    ) -> Principal:
        """Who an `authorization` speaks for. Raises Unauthenticated."""
        if principal := self.at_once(bearer):
            return principal
        if bearer is None or not bearer.lower().startswith(SCHEME):
            said = "an authorization is `Bearer` and an access token or an API key"
            raise Unauthenticated(said)
        text = bearer[len(SCHEME) :].strip()
        if keytexts.looks_like(text):
            principal = await self._keyed.principal(text, where)
        else:
            principal = await self._signed_in(text)
        if len(bearer) == len(SCHEME) + len(text):  # kept, spaces would take room
            self._keep(bearer, principal)
        return principal

    async def revoked(self, principal: Principal) -> None:
        """Return when a principal may not go on: within five seconds of the change.

        Strangers may for ever.
        """
        user_id = principal.actor.user_id
        if user_id is None or not (principal.key or principal.session_id):
            await asyncio.Event().wait()
            return
        async with self._equipment.bus.listen(CHANGED, user_id) as words:
            while await self._stands(principal):
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

    async def _signed_in(self, token: str) -> Principal:
        claims = tokens.read(self._equipment.keys, token)
        found = await self._sessions.find((claims.user_id, claims.session_id))
        if found is None or found.version != claims.version:
            raise Unauthenticated("this session has ended; sign in again")
        return Principal(
            Actor(claims.user_id, found.role, found.granted),
            claims.expires_at,
            claims.session_id,
            claims.version,
            found.tier,
        )

    async def _stands(self, principal: Principal) -> bool:
        """Whether somebody still stands as they did when they were let in."""
        actor, session_id = principal.actor, principal.session_id
        if key := principal.key:
            return key == await self._keys.find(key.prefix)
        if actor.user_id is None or session_id is None:
            return True
        trusted = Standing(actor.role, principal.version, actor.granted)
        return trusted == await self._sessions.find((actor.user_id, session_id))

    async def _read_session(self, session: Session) -> Standing | None:
        with patient():
            async with self._equipment.database.read() as reading:
                return await standing(reading, *session)

    async def _read_key(self, prefix: str) -> KeyStanding | None:
        with patient():
            async with self._equipment.database.read() as reading:
                return await key_standing(reading, prefix)

    def _keep(self, bearer: str, principal: Principal) -> None:
        """Believe what is shown until its standing is looked at again, or it ends."""
        user_id, session_id = principal.actor.user_id, principal.session_id
        if key := principal.key:
            until = self._keys.until(key.prefix)
        elif user_id and session_id:
            until = self._sessions.until((user_id, session_id))
        else:
            return
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
        self._sessions.forget(lambda session, _: session[0] == user_id)
        self._keys.forget(lambda _, key: key is None or key.actor.user_id == user_id)


def _is(principal: Principal | None, user_id: UUID) -> bool:
    return principal is not None and principal.actor.user_id == user_id
