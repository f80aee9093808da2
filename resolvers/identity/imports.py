"""People who had accounts elsewhere, brought along with their passwords' hashes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from db.models import User
from resolvers.access import SYSTEM, BaseRole, visible
from resolvers.context import Context
from resolvers.errors import Invalid
from resolvers.identity import accounts, addresses, profiles
from resolvers.passwords import imported
from resolvers.platform.events import conclude
from resolvers.writes import Transaction

COLUMNS = frozenset({"email", "full_name", "password_hash", "role", "email_verified"})
"""What may be said of each of them; `email` must be."""
LATER = {"free": BaseRole.USER, "business": BaseRole.USER}
"""Roles of other programs that are plans here."""
TRUTHS = {"true": True, "1": True, "false": False, "0": False, "": False}
AT_ONCE = 500
"""Addresses that are looked for in one statement."""

Arrival = dict[str, Any]
"""The columns of an account."""


async def bring(context: Context, said: Iterable[Mapping[str, Any]]) -> tuple[int, int]:
    """Make accounts of those who have none yet: how many were made, and how many had.

    All of them, or none. Raises Invalid, naming the first who will not do.
    """
    arrivals: dict[str, Arrival] = {}
    for number, one in enumerate(said, 1):
        try:
            arrival = _read(one)
        except Invalid as error:
            raise Invalid(f"person {number}: {error.message}") from error
        if arrivals.setdefault(arrival["email"].lower(), arrival) is not arrival:
            raise Invalid(f"person {number}: {arrival['email']} was said before")
    context.become(SYSTEM)

    async def work(write: Transaction) -> int:
        known = await _known(write, [*arrivals])
        new = [one for address, one in arrivals.items() if address not in known]
        await write.fill(User, new)
        write.changes["imported"] = {"users": str(len(new))}
        await conclude(write, "userImport")
        return len(new)

    made = await context.written(work)
    return made, len(arrivals) - made


async def _known(write: Transaction, asked: Sequence[str]) -> set[str]:
    """Those of some addresses that have accounts, in lower case."""
    found: set[str] = set()
    for first in range(0, len(asked), AT_ONCE):
        lower = sa.func.lower(User.email)
        rows = visible(SYSTEM, User).where(lower.in_(asked[first : first + AT_ONCE]))
        found.update(await write.session.scalars(rows.with_only_columns(lower)))
    return found


def _read(said: Mapping[str, Any]) -> Arrival:
    """An account as a file says it. Raises Invalid."""
    if unknown := {str(one) for one in said} - COLUMNS:
        known = ", ".join(sorted(COLUMNS))
        raise Invalid(f"there is no column {min(unknown)!r}, but {known}")
    words = {name: _word(name, said.get(name)) for name in COLUMNS}
    return {
        "email": addresses.normal(words["email"]),
        "full_name": profiles.called(words["full_name"]),
        "password_hash": _hash(words["password_hash"]),
        "role_id": accounts.ROLES[_role(words["role"])],
        "email_verified": _truth(words["email_verified"]),
    }


def _word(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | None):
        raise Invalid(f"{name} is a text, not {value!r}")
    return value or ""


def _hash(text: str) -> str | None:
    """A hash of bcrypt, or none: then a password is set by mail."""
    if text and not imported(text):
        said = "this is no hash of bcrypt (`$2a$`, `$2b$`, `$2y$`) of effort 4 to 14"
        raise Invalid(said, "password_hash")
    return text or None


def _role(text: str) -> BaseRole:
    known = {str(one): one for one in accounts.ROLES} | LATER
    if (name := text or BaseRole.USER) not in known:
        raise Invalid(f"no role is called {text!r}, but {', '.join(sorted(known))}")
    return known[name]


def _truth(text: str) -> bool:
    if (word := text.lower()) not in TRUTHS:
        raise Invalid(f"email_verified is true or false, not {text!r}")
    return TRUTHS[word]
