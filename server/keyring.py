"""The server's secrets: given by settings, or made once and kept in a file."""

import secrets
from pathlib import Path

from pydantic import SecretStr

from resolvers.keys import Keys
from server.keys import files
from server.keys.strength import sturdy
from server.settings import Settings, variable

FILE = "secrets.json"


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


def _chosen(name: str, given: SecretStr | None, kept: dict[str, str]) -> bytes:
    if given is not None:
        return sturdy(variable(name), given.get_secret_value())
    return sturdy(f"{name} in {FILE}", str(kept.get(name, "")))


def _kept(file: Path) -> dict[str, str]:
    """What the file says, which is made if it is not there."""
    if not file.exists():
        files.make(file, {name: secrets.token_hex(32) for name in ("secret", "pepper")})
    return files.read(file)
