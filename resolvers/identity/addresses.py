"""E-mail addresses: one spelling for each, however it is typed."""

import re
import unicodedata
from typing import Any

import sqlalchemy as sa
from email_validator import EmailNotValidError, validate_email

from db.dialects import say
from db.models import User
from resolvers.errors import Invalid
from resolvers.keys import Keys

UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0]"
    "|[\U000e0100-\U000e01ef]"
)
"""Letters that nobody sees."""


def normal(text: str) -> str:
    """An address as it is kept: its domain in lower case, its name as it is typed.

    A name beyond ASCII is kept in lower case too, for the databases compare no other
    letters regardless of case. Raises Invalid, naming `email`.
    """
    typed = _composed(text.strip(" "))
    try:
        # nothing is sent there, so names reserved for tests will do
        found = validate_email(typed, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        said = str(error).rstrip(".")
        raise Invalid(f"no e-mail address: {said}", "email") from error
    name, domain = found.local_part, found.domain
    if UNSEEN.search(name) or unicodedata.normalize("NFKC", name) != name:
        said = "no e-mail address: it has letters that look like others, or like none"
        raise Invalid(said, "email")
    return f"{name if name.isascii() else _lower(name)}@{domain}"


def compared(text: str) -> str:
    """What addresses are compared by; what is no address is equal to none."""
    try:
        return normal(text).lower()
    except Invalid:
        return _lower(text)


def fingerprint(keys: Keys, text: str) -> str:
    """What tries of an address, and letters to it, are counted by."""
    return keys.fingerprint("e-mail address", compared(text))


def same(column: Any, address: str) -> sa.ColumnElement[bool]:
    """Whether a column has an address, in whatever case."""
    return sa.func.lower(column) == address.lower()


def whose(address: str) -> sa.ColumnElement[bool]:
    """Whether an account has an address, in whatever case: by an index."""
    return say("lowered", User.email) == address.lower()


def mailed(address: str) -> str:
    """An address as mail servers know it: a domain beyond ASCII in its other form."""
    found = validate_email(address, check_deliverability=False, test_environment=True)
    return found.ascii_email or f"{found.local_part}@{found.ascii_domain}"


def _lower(text: str) -> str:
    return _composed(_composed(text).lower())


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)
