"""The words of entries beside the log, of which the database has an index.

In PostgreSQL a trigger puts them there. In SQLite none may.
"""

from typing import Any

import sqlalchemy as sa

from db.models import AuditEntry
from resolvers.access import SYSTEM, Actor, visible

INDEX = sa.table(
    "audit_log_words",
    *map(sa.column, ("audit_log_words", "rowid", "words")),
)
"""In SQLite, under a number the words of its entry; it keeps no text itself."""
NATIVE = sa.table("audit_log_words", sa.column("seq"))
"""The same in PostgreSQL."""
TEXT: sa.ColumnElement[str] = sa.literal_column(
    """action || ' ' || coalesce(entity, '') || ' ' || coalesce(ip_address, '')
  || ' ' || coalesce(user_agent, '') || ' ' || coalesce((
    SELECT group_concat(CASE typeof(key) WHEN 'text' THEN key ELSE '' END || ' '
      || CASE type WHEN 'text' THEN atom ELSE '' END, ' ')
    FROM json_tree(payload)), '')""",
    sa.Text(),
)
"""What is searched of an entry: of its payload the names and the texts."""


def added(_: Actor) -> sa.Insert:
    """The statement that puts the words of one entry there."""
    return adding(AuditEntry.seq == sa.bindparam("seq", type_=sa.BigInteger()))


def adding(which: sa.ColumnElement[bool]) -> sa.Insert:
    """The same of some entries, which are not there."""
    entries = visible(SYSTEM, AuditEntry).where(which)
    words: Any = entries.with_only_columns(AuditEntry.seq, TEXT)
    return sa.insert(INDEX).from_select(["rowid", "words"], words)


def forgetting(last: int, dialect: str) -> list[Any]:
    """The statements that take the words of all entries up to one away."""
    if dialect == "sqlite":
        return [taking(AuditEntry.seq <= last)]
    return [sa.delete(NATIVE).where(NATIVE.c.seq <= last)]


def purging() -> sa.Insert:
    """The statement after which the index has no byte of words that were taken away."""
    return sa.insert(INDEX).values(audit_log_words="optimize")


def taking(which: sa.ColumnElement[bool]) -> sa.Insert:
    """The statement that takes the words of some entries away, which are there."""
    entries = visible(SYSTEM, AuditEntry).where(which)
    delete = sa.literal_column("'delete'")
    words: Any = entries.with_only_columns(delete, AuditEntry.seq, TEXT)
    return sa.insert(INDEX).from_select(["audit_log_words", "rowid", "words"], words)
