"""Words of the audit log's entries, which either database finds the same way.

A word is a run of letters and digits; the case of A to Z does not matter. Whatever is
no character of ASCII is a letter, as it stands.
"""

import re
from typing import Any

import sqlalchemy as sa

from db.dialects import say

TERM = re.compile(r"([a-z0-9\u0080-\U0010ffff]+)(\*?)")
LONGEST = 255
"""Characters of a word that count."""
MOST = 32
"""Words of a search that count."""
LOWER = {one: one + 32 for one in range(ord("A"), ord("Z") + 1)}


class Search(sa.TypeDecorator[str]):
    """What is searched for: words that all must be there, `word*` for their beginnings.

    Without a word nothing is found.
    """

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str:
        terms = TERM.findall((value or "").translate(LOWER))
        told = [_cut(*term) for term in [*dict.fromkeys(terms)][:MOST]]
        if dialect.name == "postgresql":
            return " & ".join(f"'{word}'{':*' if more else ''}" for word, more in told)
        return " ".join(f'"{word}"{"*" if more else ""}' for word, more in told) or '""'


def searched(payload: Any, search: Any) -> Any:
    """Whether the entry with this payload has the words."""
    return say("searched", payload.class_.seq, search)


def _cut(word: str, star: str) -> tuple[str, bool]:
    """A word as far as it counts, and whether it may go on."""
    return word[:LONGEST], bool(star) or len(word) >= LONGEST
