"""The key that checkpoints of the audit log are signed with, and a file of them.

Both are outside of the database: whoever writes that anew can do neither so.
"""

import asyncio
import logging
import os
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr

from resolvers.access import SYSTEM
from resolvers.audit import checkpoints
from resolvers.context import Context
from resolvers.equipment import Equipment
from server.disk import durable
from server.failures import Failure
from server.keys import files
from server.settings import Settings, variable

FILE, LOG = "audit-key.json", "audit-checkpoints.jsonl"
PAUSE = 30.0
"""Seconds between two looks at whether a checkpoint is due."""
logger = logging.getLogger(__name__)


class FileNotary:
    """Signs with a key, and remembers in a file what it is told to."""

    def __init__(
        self, key: Ed25519PrivateKey, former: frozenset[str], log: Path
    ) -> None:
        self._key, self._log = key, log
        self.public_key = key.public_key().public_bytes_raw().hex()
        self._believed = former | {self.public_key}

    def sign(self, text: bytes) -> str:
        return self._key.sign(text).hex()

    def believes(self, public_key: str) -> bool:
        return public_key in self._believed

    async def remember(self, lines: Sequence[str]) -> None:
        await asyncio.to_thread(self._write, "".join(f"{line}\n" for line in lines))

    async def remembered(self) -> list[str]:
        if not self._log.exists():
            return []
        return (await asyncio.to_thread(self._log.read_text, "utf-8")).splitlines()

    def _write(self, text: str) -> None:
        opened = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(opened, "a", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())


def notary(settings: Settings) -> FileNotary:
    """Who signs for this server. Raises Failure for what is no key."""
    name = variable("audit_former")
    former = frozenset(public(name, one) for one in settings.audit_former)
    return FileNotary(_key(settings), former, settings.data / LOG)


def set_aside(data: Path) -> None:
    """Go by the checkpoints of another database: those of this one are kept apart."""
    log = data / LOG
    if log.exists():
        former = log.with_name(f"{LOG}.replaced")
        with former.open("a", encoding="utf-8") as file:
            file.write(log.read_text("utf-8"))
        durable(former)
        log.unlink()


async def watch(equipment: Equipment) -> None:
    """Make checkpoints when they are due, until cancelled."""
    context = Context(equipment, SYSTEM)
    while True:
        try:
            await checkpoints.due(context)
        except Exception:  # the database may be gone; it will be back
            logger.exception("no checkpoint of the audit log could be made")
        await asyncio.sleep(PAUSE)


def _key(settings: Settings) -> Ed25519PrivateKey:
    if settings.audit_key is not None:
        return _private(variable("audit_key"), settings.audit_key)
    file = settings.data / FILE
    if not file.exists():
        made = Ed25519PrivateKey.generate().private_bytes_raw().hex()
        files.make(file, {"private": made})
    return _private(
        f"private in {file}", SecretStr(str(files.read(file).get("private")))
    )


def _private(name: str, text: SecretStr) -> Ed25519PrivateKey:
    try:
        raw = bytes.fromhex(text.get_secret_value())
        return Ed25519PrivateKey.from_private_bytes(raw)
    except ValueError as error:
        raise Failure(f"{name} is no Ed25519 key: it has 64 hex digits") from error


def public(name: str, text: str) -> str:
    """A public key as it is compared. Raises Failure, with the name it is given by."""
    if len(text) != 64 or not set(text.lower()) <= set("0123456789abcdef"):
        said = f"{name} {text!r} is no public key: it has 64 hex digits"
        raise Failure(said)
    return text.lower()
