"""Profiles: what people say of themselves, and chose for themselves."""

import unicodedata
from typing import Any

from db.models import User
from resolvers.access import require_person
from resolvers.documents import described
from resolvers.errors import Invalid
from resolvers.writes import Transaction

LONGEST = 255
"""Characters of a name."""
BREAKS = {"Cc", "Zl", "Zp"}
"""Categories of what controls a terminal, or breaks a line."""
SETTINGS = 16 * 1024
"""Bytes of settings."""


async def update(
    write: Transaction, expected: int | None, changes: dict[str, Any]
) -> User:
    """Change what the actor is called, and the settings that they keep here."""
    user = await write.get(User, require_person(write.actor), expected=expected)
    if "full_name" in changes:
        user.full_name = called(changes["full_name"])
    if "settings" in changes:
        given = changes["settings"]
        user.settings = described(given, SETTINGS, "settings")
    return user


def called(text: str | None) -> str | None:
    """What somebody is called, in one line. Raises Invalid, naming `fullName`."""
    name = unicodedata.normalize("NFC", text or "").strip()
    if len(name) > LONGEST:
        raise Invalid(f"a name has at most {LONGEST} characters", "full_name")
    if any(unicodedata.category(sign) in BREAKS for sign in name):
        raise Invalid("a name is one line, without control characters", "full_name")
    return name or None
