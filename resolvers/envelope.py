"""Secrets at rest: each is sealed for the one place where it is kept."""

from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

FORMAT = "v1"
"""The first part of every record; what reads another one can tell them apart."""


class Unreadable(Exception):
    """The key is gone, or the record was changed, or it is another place's."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a secret is kept. In another row, or another user's, it is not readable."""

    table: str
    column: str
    row_id: UUID
    owner_id: UUID

    @classmethod
    def of(cls, row: Any, column: str) -> "Place":
        """A column of a row, which has an owner or is a user."""
        owner = getattr(row, "owner_id", row.id)
        return cls(row.__tablename__, column, row.id, owner)

    @property
    def bound(self) -> bytes:
        """What is sealed together with the secret, and not kept."""
        parts = self.table, self.column, self.row_id, self.owner_id, FORMAT
        return "|".join(map(str, parts)).encode()


class Envelope(Protocol):
    """Seals secrets. A record is a text that may be read by whoever has the keys."""

    @property
    def current(self) -> str:
        """The id of the key under which is sealed now."""
        ...

    def knows(self, key_id: str) -> bool:
        """Whether what was sealed under a key can be opened."""
        ...

    def seal(self, plain: bytes, place: Place) -> str:
        """A record of a secret."""
        ...

    def open(self, record: str, place: Place) -> bytes:
        """The secret of a record. Raises Unreadable."""
        ...

    def rewrapped(self, record: str) -> str:
        """The same record under the current key; its secret is not opened for that.

        Raises Unreadable.
        """
        ...


def readable(envelope: Envelope, record: str, place: Place) -> bool:
    """Whether a secret is there yet, or has to be entered again."""
    try:
        envelope.open(record, place)
    except Unreadable:
        return False
    return True
