"""The keys that wrap, kept in a file of ours or given by settings."""

import fcntl
import hashlib
import hmac
import logging
import os
import secrets
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap,
    aes_key_wrap,
)

from resolvers.envelope import Unreadable
from resolvers.keys import key_id
from server.failures import Failure
from server.keys import files
from server.keys.strength import sturdy
from server.settings import Settings, variable

FILE = "keys.json"
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LocalKey:
    """A key that wraps by AES (RFC 3394). Its id tells nothing of it."""

    id: str
    key: bytes = field(repr=False)

    @classmethod
    def of(cls, secret: bytes) -> "LocalKey":
        key = hmac.new(secret, b"envelopes", hashlib.sha256).digest()
        return cls(key_id(key), key)

    def wrap(self, key: bytes) -> bytes:
        return aes_key_wrap(self.key, key)

    def unwrap(self, wrapped: bytes) -> bytes:
        try:
            return aes_key_unwrap(self.key, wrapped)
        except InvalidUnwrap as error:
            raise Unreadable("its key was wrapped by another") from error


class LocalRing:
    """The keys of settings and of a file, which is read again when it was changed."""

    def __init__(
        self, file: Path, given: LocalKey | None, former: Iterable[LocalKey]
    ) -> None:
        self._file = file
        self._given = given
        self._lent = [*former, *([given] if given else [])]
        self._kept: list[LocalKey] = []
        self._seen: tuple[int, ...] = ()
        if given is None or file.exists():
            self._look()

    @property
    def current(self) -> LocalKey:
        """The key of the settings, or the newest of the file as it is now."""
        if self._given is not None:
            return self._given
        self._look()
        return self._kept[-1]

    @property
    def all(self) -> list[LocalKey]:
        """Every key that unwraps, as far as is known."""
        return [*self._kept, *self._lent]

    def find(self, id_: str) -> LocalKey | None:
        """A key by its id; the file is read again for one that is not known yet."""
        if (known := self._known(id_)) is not None:
            return known
        try:
            self._look()
        except (OSError, Failure) as error:
            logger.warning("the key %s is not known: %s", id_, error)
        return self._known(id_)

    def _known(self, id_: str) -> LocalKey | None:
        return next((one for one in self.all if one.id == id_), None)

    def _look(self) -> None:
        """Read the file if it is another one than before."""
        there = self._file.stat()
        seen = there.st_ino, there.st_mtime_ns, there.st_size
        if seen != self._seen:
            self._kept = [LocalKey.of(one) for one in _secrets(self._file)]
            self._seen = seen


def ring(settings: Settings) -> LocalRing:
    """The keys of this server; without any, one is made. Raises Failure."""
    file = settings.data / FILE
    given = settings.envelope_key
    if given is None and not file.exists():
        files.make(file, {"keys": [drawn()]})
    name = variable("envelope_former")
    return LocalRing(
        file,
        _key(variable("envelope_key"), given.get_secret_value()) if given else None,
        [_key(name, one) for one in sorted(settings.envelope_former)],
    )


def drawn() -> str:
    """A new secret, for a key."""
    return secrets.token_hex(32)


def add(settings: Settings, secret: str) -> None:
    """Make a key the file's current one. Those before it stay. Raises Failure."""
    if settings.envelope_key is not None:
        raise Failure(
            f"the key is given by {variable('envelope_key')}: give a new one there,"
            f" and the one before in {variable('envelope_former')}"
        )
    file = settings.data / FILE
    with _alone(file.parent):
        kept = [one.decode() for one in _secrets(file)]
        files.replace(file, {"keys": [*kept, secret]})


def _key(name: str, text: str) -> LocalKey:
    return LocalKey.of(sturdy(name, text))


def _secrets(file: Path) -> list[bytes]:
    """What a file's keys are made from, the newest last. Raises Failure."""
    said = files.read(file).get("keys")
    if not isinstance(said, list) or not said:
        raise Failure(f"{file} has no list of `keys`")
    return [sturdy(f"a key in {file}", str(one)) for one in said]


@contextmanager
def _alone(folder: Path) -> Generator[None]:
    """Keep others from changing the file at the same time."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
