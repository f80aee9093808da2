"""The server's secrets: given by settings, or made once and kept in a file."""

import json
import os
import secrets
import stat
from pathlib import Path

from pydantic import SecretStr

from resolvers.keys import Keys
from server.disk import durable
from server.failures import Failure
from server.settings import Settings, variable

FILE = "secrets.json"
SHORTEST = 32
VARIED = 8
"""Different characters that a secret has, at least."""
PLACEHOLDERS = (
    "change",
    "default",
    "example",
    "heliograph",
    "insecure",
    "password",
    "placeholder",
    "qwerty",
    "replace",
    "secret",
    "testing",
    "todo",
    "your",
)
"""Words of secrets that were copied out of some manual."""


def keys(settings: Settings) -> Keys:
    """The keys of this server. Raises Failure for a secret that anyone might guess."""
    given = {"secret": settings.secret, "pepper": settings.pepper}
    kept = {} if all(given.values()) else _kept(settings.data / FILE)
    chosen = {name: _chosen(name, given[name], kept) for name in given}
    former = settings.secret_former
    if former is None:
        return Keys(**chosen)
    name = variable("secret_former")
    return Keys(**chosen, former=sturdy(name, former.get_secret_value()))


def sturdy(name: str, text: str) -> bytes:
    """A secret as bytes. Raises Failure, which names it and what is weak about it."""
    if len(text.encode()) < SHORTEST:
        raise Failure(f"{name} is weak: it has fewer than {SHORTEST} bytes")
    if len(set(text)) < VARIED or text in (text + text)[1:-1]:
        raise Failure(f"{name} is weak: it repeats itself")
    if word := next((one for one in PLACEHOLDERS if one in text.lower()), None):
        raise Failure(f"{name} is weak: it contains {word!r}, as placeholders do")
    return text.encode()


def _chosen(name: str, given: SecretStr | None, kept: dict[str, str]) -> bytes:
    if given is not None:
        return sturdy(variable(name), given.get_secret_value())
    return sturdy(f"{name} in {FILE}", str(kept.get(name, "")))


def _kept(file: Path) -> dict[str, str]:
    """What the file says. It is made if it is not there; of two makers one wins."""
    if not file.exists():
        _make(file)
    if (mode := stat.S_IMODE(file.stat().st_mode)) & 0o077:
        raise Failure(
            f"{file} has mode {mode:04o}, so others can read it; 0600 will do"
        )
    try:
        said = json.loads(file.read_text("utf-8"))
    except ValueError as error:
        raise Failure(f"{file} is not JSON: {error}") from error
    if not isinstance(said, dict):
        raise Failure(f"{file} is not a JSON object")
    return said


def _make(file: Path) -> None:
    """Write new secrets aside, and link them into place if none are there by now."""
    made = {name: secrets.token_hex(32) for name in ("secret", "pepper")}
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_name(f".{FILE}.{secrets.token_hex(8)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as written:
            json.dump(made, written)
        durable(aside)
        try:
            os.link(aside, file)
        except FileExistsError:
            return
        durable(file.parent)
    finally:
        aside.unlink()
