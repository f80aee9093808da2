"""What a process has to work with. The server decides what each of them is."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from compute.learning.models import Answer
from db.session import Database
from resolvers.afterwards import Afterwards
from resolvers.envelope import Envelope
from resolvers.keys import Keys
from resolvers.mail import Post
from resolvers.news import Bus
from resolvers.passwords import Passwords, Tries
from resolvers.payments import Payments
from resolvers.policy import Policy
from resolvers.sharing import Sharing
from resolvers.tails import Tail

Heard = Callable[[float, str | None], Awaitable[None]]
"""Told how far a computation is, from 0 to 1, and perhaps a line for its log."""


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
        is, and is ended when this is cancelled. That may be on another machine: a
        Path that is given is a file, which is read if it is there and else is made.
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


@dataclass(frozen=True, slots=True)
class ModelFile:
    """Where a model is kept, what its file must be, and whose it is."""

    key: str
    sha256: str
    trained: bool
    """Whether it was trained here; in this process nothing else is loaded."""
    owner_id: UUID


class Models(Protocol):
    """Asks models. Those that were asked of late stay loaded."""

    async def answers(
        self,
        file: ModelFile,
        inputs: Sequence[Mapping[str, Any]],
        *,
        explained: bool = False,
    ) -> list[Answer | str]:
        """An answer to each input, or a sentence on why there is none."""
        ...

    async def inspected(self, path: Path, sha256: str, owner_id: UUID) -> Any:
        """What is found in a file, or a sentence on why nobody knows.

        It is what a process says of it that nobody trusts, as JSON has it.
        """
        ...


class Notary(Protocol):
    """Signs how the audit log is with a key that no database has, and remembers it."""

    @property
    def public_key(self) -> str:
        """What its signatures are verified with, in hex."""
        ...

    def sign(self, text: bytes) -> str:
        """An Ed25519 signature, in hex."""
        ...

    def believes(self, public_key: str) -> bool:
        """Whether it is the key of this server, or was once."""
        ...

    async def remember(self, lines: Sequence[str]) -> None:
        """Keep lines outside of the database, where they are durable."""
        ...

    async def remembered(self) -> list[str]:
        """The lines that were kept, the oldest first."""
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
    envelope: Envelope
    passwords: Passwords
    models: Models
    notary: Notary
    post: Post
    payments: Payments | None = None
    """None where nothing is paid for."""
    policy: Policy = field(default_factory=Policy)
    tail: Tail = field(init=False)
    afterwards: Afterwards = field(init=False, default_factory=Afterwards)
    tries: Tries = field(init=False, default_factory=Tries)
    verifications: Sharing = field(init=False, default_factory=Sharing)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tail", Tail(self.database, self.bus))
