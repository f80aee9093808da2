"""Envelopes: a key for each secret, and that key wrapped in one of the server's."""

import secrets
import time
from base64 import b64decode, b64encode
from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from resolvers.envelope import FORMAT, Place, Unreadable

ALGORITHM = "A256GCM"
NONCE = 12
"""Bytes of a nonce; none is used twice, since each key seals one secret."""
KEPT = 60.0
"""Seconds for which a key that was unwrapped is kept."""
MOST = 1_000
"""Keys that are kept."""


class Wrapper(Protocol):
    """A key that wraps others: one of ours, or one that a service never gives away."""

    @property
    def id(self) -> str:
        """Its name in records, without a full stop."""
        ...

    def wrap(self, key: bytes) -> bytes: ...

    def unwrap(self, wrapped: bytes) -> bytes:
        """The key again. Raises Unreadable for what was wrapped by another."""
        ...


class Ring(Protocol):
    """The keys that wrap. One of them is current, the others only unwrap."""

    @property
    def current(self) -> Wrapper: ...

    def find(self, id_: str) -> Wrapper | None: ...


@dataclass(frozen=True, slots=True)
class Record:
    """What is kept of a secret."""

    key_id: str
    wrapped: bytes
    nonce: bytes
    sealed: bytes

    @classmethod
    def read(cls, text: str) -> "Record":
        """Raises Unreadable for what is no record."""
        try:
            said, key_id, algorithm, *parts = text.split(".")
            wrapped, nonce, sealed = (b64decode(one, validate=True) for one in parts)
        except ValueError as error:
            raise Unreadable("this is not a sealed secret") from error
        if (said, algorithm) != (FORMAT, ALGORITHM):
            raise Unreadable(f"nothing here opens {said[:8]!r} {algorithm[:16]!r}")
        return cls(key_id, wrapped, nonce, sealed)

    def __str__(self) -> str:
        parts = (self.wrapped, self.nonce, self.sealed)
        coded = (b64encode(one).decode() for one in parts)
        return ".".join((FORMAT, self.key_id, ALGORITHM, *coded))


class Envelopes:
    """Seals and opens with the keys of a ring."""

    def __init__(self, ring: Ring) -> None:
        self._ring = ring
        self._unwrapped = Brief()

    @property
    def current(self) -> str:
        return self._ring.current.id

    def knows(self, key_id: str) -> bool:
        return self._ring.find(key_id) is not None

    def seal(self, plain: bytes, place: Place) -> str:
        key, nonce = AESGCM.generate_key(256), secrets.token_bytes(NONCE)
        wrapper = self._ring.current
        sealed = AESGCM(key).encrypt(nonce, plain, place.bound)
        return str(Record(wrapper.id, wrapper.wrap(key), nonce, sealed))

    def open(self, record: str, place: Place) -> bytes:
        read = Record.read(record)
        try:
            key = AESGCM(self._key(read))
            return key.decrypt(read.nonce, read.sealed, place.bound)
        except (InvalidTag, ValueError) as error:
            raise Unreadable(
                f"{place.table}.{place.column} was changed, or is another row's"
            ) from error

    def rewrapped(self, record: str) -> str:
        read, wrapper = Record.read(record), self._ring.current
        if read.key_id == wrapper.id:
            return record
        wrapped = wrapper.wrap(self._key(read))
        return str(Record(wrapper.id, wrapped, read.nonce, read.sealed))

    def _key(self, record: Record) -> bytes:
        """The key of a record. Raises Unreadable."""
        named = (record.key_id, record.wrapped)
        if (known := self._unwrapped.get(named)) is not None:
            return known
        wrapper = self._ring.find(record.key_id)
        if wrapper is None:
            raise Unreadable(f"the key {record.key_id[:64]!r} is not here")
        key = wrapper.unwrap(record.wrapped)
        self._unwrapped.put(named, key)
        return key


class Brief:
    """Keys that were unwrapped of late: a service that unwraps them is far away."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, bytes], tuple[float, bytes]] = OrderedDict()

    def get(self, named: tuple[str, bytes]) -> bytes | None:
        self._forget()
        found = self._kept.get(named)
        return found and found[1]

    def put(self, named: tuple[str, bytes], key: bytes) -> None:
        self._kept[named] = (time.monotonic() + KEPT, key)
        self._kept.move_to_end(named)
        self._forget()

    def _forget(self) -> None:
        """Drop what is too old, oldest first, and what is too much."""
        now = time.monotonic()
        while self._kept:
            until, _ = next(iter(self._kept.values()))
            if until > now and len(self._kept) <= MOST:
                return
            self._kept.popitem(last=False)
