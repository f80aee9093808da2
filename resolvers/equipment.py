"""What a process has to work with. The server decides what each of them is."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from db.session import Database
from resolvers.access import Actor
from resolvers.keys import Keys
from resolvers.loaders import Loaders
from resolvers.passwords import Passwords
from resolvers.policy import Policy

Heard = Callable[[float, str | None], Awaitable[None]]
"""Told how far a computation is, from 0 to 1, and perhaps a line for its log."""


class Event:
    """Something happened to a row. What is read because of it, its listeners share.

    Each actor sees it with their own eyes, and is read for once however many listen.
    """

    def __init__(
        self, topic: str, owner_id: UUID, row_id: UUID, seq: int | None = None
    ) -> None:
        self.topic, self.owner_id, self.row_id = topic, owner_id, row_id
        self.seq = seq
        self._loaders: dict[Actor, Loaders] = {}

    def loaders(self, database: Database, actor: Actor) -> Loaders:
        if actor not in self._loaders:
            self._loaders[actor] = Loaders(database, actor)
        return self._loaders[actor]


class Bus(Protocol):
    """Carries events between processes, to those who listen for their owner.

    Nothing is kept: what is published while nobody listens is gone. So listen first,
    then read how things stand, then wait.
    """

    async def publish(self, topic: str, owner_id: UUID, row_id: UUID) -> None: ...

    def listen(
        self, topic: str, owner_id: UUID | None
    ) -> AbstractAsyncContextManager[AsyncIterator[Event]]:
        """Events of a topic and an owner; without an owner, of all.

        Whoever does not keep up loses the oldest: an event says that there is
        something to read, never what it is.
        """
        ...


class Compute(Protocol):
    """Runs a function of `compute` where it cannot hold up the loop."""

    async def run(
        self,
        function: Callable[..., Any],
        *given: Any,
        heard: Heard | None = None,
        slow: bool = False,
    ) -> Any:
        """What the function gives, or raises.

        What may be `slow` waits for its like, and nothing quick waits for it.

        With `heard` it is a job's: it has a process to itself, which tells how far it
        is, and is ended when this is cancelled.
        """
        ...


class Store(Protocol):
    """Keeps files under keys: in a folder, or in an object store."""

    def scratch(self) -> AbstractAsyncContextManager[Path]:
        """A path for a new file, which is gone afterwards unless it was kept."""
        ...

    async def keep(self, path: Path, key: str) -> None:
        """Move a whole file under a key. It is durable when this returns."""
        ...

    def local(self, key: str) -> AbstractAsyncContextManager[Path]:
        """A path that the file of a key can be read from."""
        ...

    async def remove(self, *keys: str) -> None:
        """Delete what is there; what is not there is no error."""
        ...

    def older(self, folder: str, moment: datetime) -> AsyncIterator[list[str]]:
        """Keys in a folder of files that were made before a moment, some at a time."""
        ...

    async def tidy(self, moment: datetime) -> None:
        """Delete what was begun before a moment and never kept."""
        ...


class Throttle(Protocol):
    """Counts what may be done only so often."""

    async def hit(self, name: str, who: str) -> None:
        """Count one more. Raises RateLimited where it is one too many."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class Equipment:
    """Of a process, for as long as it runs."""

    database: Database
    bus: Bus
    compute: Compute
    store: Store
    throttle: Throttle
    keys: Keys
    passwords: Passwords
    policy: Policy = field(default_factory=Policy)
