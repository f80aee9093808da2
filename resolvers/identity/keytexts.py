"""API keys as they are written: by their looks alone, most of what is none is refused.

`heliograph_{live|test}_{public id}_{secret}{CRC32}`, all in letters and digits.
"""

import hmac
import re
import secrets
import string
import zlib
from dataclasses import dataclass, field

from resolvers.errors import Unauthenticated
from resolvers.keys import Keys

PURPOSE = "API key"
"""What a key is made for that keeps API keys from being guessed."""
BRAND = "heliograph_"
PATTERN = re.compile(r"(heliograph_(?:live|test)_[0-9A-Za-z]{8})_([0-9A-Za-z]{49})")
DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
PUBLIC, SECRET, CHECK = 8, 43, 6
"""Digits of each part; 43 of them are as many as 256 bits."""
OVER = "this API key is not valid, or no longer"


@dataclass(frozen=True, slots=True, repr=False)
class Made:
    """A new key, and what is kept of it."""

    text: str = field(compare=False)
    prefix: str = field(compare=False)
    hash: str = field(compare=False)

    @property
    def last_four(self) -> str:
        return self.text[-4:]


def fresh(keys: Keys, *, test: bool = False) -> Made:
    """A key that nobody can guess, under a name of its own."""
    public = "".join(secrets.choice(DIGITS) for _ in range(PUBLIC))
    return made(keys, f"{BRAND}{'test' if test else 'live'}_{public}", secret())


def secret() -> str:
    """What nobody can guess of a key."""
    return _spelt(secrets.randbits(256), SECRET)


def made(keys: Keys, prefix: str, secret: str) -> Made:
    """The key that begins so and has this secret."""
    said = f"{prefix}_{secret}"
    text = said + _check(said)
    return Made(text, prefix, keys.fingerprint(PURPOSE, text))


def looks_like(text: str) -> bool:
    """Whether somebody meant this to be an API key."""
    return text.startswith(BRAND)


def prefix_of(text: str) -> str:
    """How a key begins. Raises Unauthenticated for what cannot be one.

    A letter that is wrong is found here, before anybody looks for the key.
    """
    read = PATTERN.fullmatch(text)
    if not read or not hmac.compare_digest(_check(text[:-CHECK]), text[-CHECK:]):
        raise Unauthenticated(OVER)
    return read[1]


def hashes(keys: Keys, text: str) -> list[str]:
    """What may be kept of a key that is shown."""
    return keys.fingerprints(PURPOSE, text)


def _check(said: str) -> str:
    return _spelt(zlib.crc32(said.encode()), CHECK)


def _spelt(number: int, length: int) -> str:
    """A number in 62 digits, the last of them the ones."""
    spelt = ""
    for _ in range(length):
        number, digit = divmod(number, len(DIGITS))
        spelt = DIGITS[digit] + spelt
    return spelt
