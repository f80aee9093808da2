"""E-mail addresses: one spelling for each, however it is typed."""

import unicodedata

from email_validator import EmailNotValidError, validate_email

from resolvers.errors import Invalid


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
    return f"{name if name.isascii() else _lower(name)}@{domain}"


def compared(text: str) -> str:
    """What addresses are compared by; what is no address is equal to none."""
    try:
        return normal(text).lower()
    except Invalid:
        return _lower(text)


def _lower(text: str) -> str:
    return _composed(_composed(text).lower())


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)
