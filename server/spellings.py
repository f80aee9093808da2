"""How settings are spelt that are more than a number or a word."""

from email.headerregistry import Address
from email.utils import parseaddr
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BeforeValidator
from pydantic_settings import NoDecode

DRIVERS = {
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
}
MAIL_SERVERS = ("smtp", "smtps", "smtp+starttls")


def driven(url: str) -> str:
    """A database's URL with the driver we use. Raises ValueError."""
    scheme, _, rest = url.partition("://")
    if scheme not in DRIVERS:
        raise ValueError("it begins with postgresql:// or sqlite:///")
    if "sqlite" in scheme and (":memory:" in rest or rest.strip("/") == ""):
        raise ValueError("it names a file, such as sqlite:////var/lib/data.db")
    return f"{DRIVERS[scheme]}://{rest}"


def parted(text: Any) -> Any:
    """What stands between the commas of a text."""
    if not isinstance(text, str):
        return text
    return [part.strip() for part in text.split(",") if part.strip()]


Listed = Annotated[frozenset[str], NoDecode, BeforeValidator(parted)]


def mailbox(text: str) -> str:
    """`ann@example.org` or `Ann <ann@example.org>`. Raises ValueError."""
    name, address = parseaddr(text)
    if not text.isprintable() or "@" not in address:
        raise ValueError("it is like `Heliograph <heliograph@example.org>`")
    return str(Address(name, addr_spec=address))


def mail_server(url: str) -> str:
    """The address of a mail server. Raises ValueError."""
    read = urlsplit(url)
    if read.scheme not in MAIL_SERVERS or not read.hostname or (read.port or 1) < 1:
        raise ValueError("it is like `smtps://user:password@mail.example.org:465`")
    return url


def origin(url: str) -> str:
    """Where links lead, without the slash that they begin with. Raises ValueError."""
    read = urlsplit(url)
    plain = url.isprintable() and " " not in url and not read.query + read.fragment
    if read.scheme not in {"http", "https"} or not read.hostname or not plain:
        raise ValueError("it is like `https://heliograph.example.org`")
    return url.rstrip("/")
