"""Events: what is told of a row, and how word of it travels between processes."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol, Self
from uuid import UUID
from weakref import WeakValueDictionary

from db.session import Database
from resolvers.access import Actor
from resolvers.loaders import Loaders


class Event:
    """Something happened to a row. What is read because of it, its listeners share.

    Each actor sees it with their own eyes, and is read for once however many listen,
    while one of them is at it.
    """

    def __init__(self, topic: str, owner_id: UUID, row_id: UUID, seq: int = 0) -> None:
        self.topic, self.owner_id, self.row_id = topic, owner_id, row_id
        self.seq = seq
        """Its number among its owner's, from 1, if it is one that is kept."""
        self._loaders: WeakValueDictionary[Actor, Loaders] = WeakValueDictionary()

    def loaders(self, database: Database, actor: Actor) -> Loaders:
        return self._loaders.setdefault(actor, Loaders(database, actor))

    def anew(self) -> "Event":
        """The same, for somebody who reads it later."""
        return Event(self.topic, self.owner_id, self.row_id, self.seq)


class Words(Protocol):
    """Events as they come. Giving up on a wait loses nothing."""

    def __aiter__(self) -> Self: ...

    async def __anext__(self) -> Event: ...

    def rest(self) -> list[Event]:
        """Those that have come and wait."""
        ...


class Bus(Protocol):
    """Carries events between processes, to those who listen for their owner.

    Nothing is kept: what is published while nobody listens is gone. So listen first,
    then read how things stand, then wait.
    """

    async def publish(self, topic: str, owner_id: UUID, row_id: UUID) -> None: ...

    def listen(
        self, topic: str, owner_id: UUID | None
    ) -> AbstractAsyncContextManager[Words]:
        """Events of a topic and an owner; without an owner, of all.

        Whoever does not keep up loses the oldest: an event says that there is
        something to read, never what it is.
        """
        ...
