"""Documents that are asked by their ids: found once, then known for some seconds."""

import re
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from uuid import UUID

from resolvers.access import Actor, BaseRole
from resolvers.context import Context
from resolvers.errors import BadRequest, Forbidden, NotPersisted
from resolvers.news import Bus, Event
from resolvers.platform.persisted import DELETED, PREFIX, find, id_of
from server.body import Asked
from server.hearing import hearing
from server.principals import Principal

FRESH = 4.0
"""Seconds that a document is believed to be there: with the time to look, five."""
MOST = 4 * 2**20
"""Characters of the documents that are known."""
ID = re.compile(f"{PREFIX}[0-9a-f]{{64}}")


@dataclass(frozen=True, slots=True)
class Found:
    """A document, and until when it is believed to be there."""

    row_id: UUID
    text: str
    until: float


class Persisted:
    """The texts of ids. Where only the `trusted` are answered, others need a role."""

    def __init__(self, *, trusted: bool = False) -> None:
        self.trusted = trusted
        self._found: dict[tuple[UUID | None, str], Found] = {}
        """By whose they are, who is nobody for those of all, and by their ids."""
        self._characters = 0

    def at_once(self, who: Principal, asked: Asked) -> str | None:
        """The text that is asked, if there is nothing to find out about it."""
        if asked.document_id is None:
            return asked.query if self._open(who) else None
        return None if asked.query else self._known(who.actor, asked.document_id)

    async def resolved(self, asked: Asked, context: Context, who: Principal) -> Asked:
        """What is asked, with its text.

        Raises BadRequest, NotPersisted, and Forbidden where a text is not taken.
        """
        id_, text = asked.document_id, asked.query
        free = self._open(who)
        if id_ is None:
            if not free:
                raise Forbidden("only persisted documents are answered: send their ids")
            return asked
        if not ID.fullmatch(id_):
            said = f"{id_[:80]!r} is not `{PREFIX}` and 64 lower hexadecimal digits"
            raise BadRequest(f"`documentId` {said}")
        if text and id_of(text) != id_:
            raise BadRequest(f"`query` is another document than {id_}")
        if text and free:
            return asked
        found = self._known(context.actor, id_) or await self._find(context, id_)
        return replace(asked, query=found)

    @asynccontextmanager
    async def running(self, bus: Bus) -> AsyncGenerator[None]:
        """Hear of documents that are deleted for as long as the process runs."""
        async with hearing(bus, DELETED, self._forget):
            yield

    def _open(self, who: Principal) -> bool:
        """Whether somebody may ask whatever they like. Some keys may not at all."""
        if who.trusted_only:
            return False
        return not self.trusted or who.actor.role is BaseRole.ADMIN

    def _known(self, actor: Actor, id_: str) -> str | None:
        now = time.monotonic()
        for whose in (None, actor.user_id):
            found = self._found.get((whose, id_))
            if found and found.until > now:
                return found.text
        return None

    async def _find(self, context: Context, id_: str) -> str:
        until = time.monotonic() + FRESH
        row = await find(context, id_.removeprefix(PREFIX))
        if row is None:
            raise NotPersisted(f"no document has the id {id_}")
        whose = None if row.is_shared else context.actor.user_id
        self._drop((whose, id_))
        self._found[whose, id_] = Found(row.id, row.document, until)
        self._characters += len(row.document)
        while self._characters > MOST:
            self._drop(next(iter(self._found)))
        return row.document

    def _forget(self, event: Event) -> None:
        of = [key for key, one in self._found.items() if one.row_id == event.row_id]
        for key in of:
            self._drop(key)

    def _drop(self, key: tuple[UUID | None, str]) -> None:
        if found := self._found.pop(key, None):
            self._characters -= len(found.text)
