"""What somebody may choose for a password."""

import re
import unicodedata

from resolvers.errors import Invalid
from resolvers.identity.blocklist import COMMON
from resolvers.passwords import LONGEST

OWN = 8
"""Characters that must be left without what everybody knows of a person."""
PART = 3
"""Characters of a name that make it a part worth trying."""


def check(password: str, minimum: int, *known: str) -> None:
    """Refuse a password that is short, long, common, or made of what is `known`.

    Raises Invalid, naming `password`.
    """
    typed = unicodedata.normalize("NFC", password)
    if not minimum <= len(typed) <= LONGEST:
        said = f"a password has from {minimum} to {LONGEST} characters"
        raise Invalid(f"{said}, not {len(typed)}", "password")
    if typed.casefold() in COMMON or len(set(typed)) == 1:
        raise Invalid("this password is among those that are tried first", "password")
    if len(_without(typed.casefold(), *known)) < OWN:
        said = "too little of it is left without your e-mail address and name"
        raise Invalid(f"this password is easily guessed: {said}", "password")


def _without(text: str, *known: str) -> str:
    """A text without the words of what is known, the longest first."""
    words = {word for one in known for word in re.split(r"[\W_]+", one.casefold())}
    for word in sorted(words, key=len, reverse=True):
        if len(word) >= PART:
            text = text.replace(word, "")
    return text
