"""What every connection is told when it is opened, whoever opens it."""

from typing import Any

PATIENCE = 2.0
"""Seconds to wait for a free connection."""
NATIVE = {
    "application_name": "heliograph",
    "idle_in_transaction_session_timeout": "15000",
    "jit": "off",
    "lock_timeout": "2000",
    "statement_timeout": "8000",
}
"""PostgreSQL's settings, in milliseconds where one is a time."""


def prepare(connection: Any, *pragmas: str) -> None:
    """Give a connection to SQLite foreign keys, readers beside a writer, and our words.

    What is deleted is overwritten, so that what was erased is in no file any more.
    Transactions begin when they are told to, and not before.
    """
    connection.isolation_level = None
    connection.create_function("json_real", 1, _json_real, deterministic=True)
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA busy_timeout = 5000")
    cursor.execute("PRAGMA trusted_schema = OFF")
    for pragma in pragmas:
        cursor.execute(pragma)
    cursor.close()


def _json_real(value: float | None) -> str | None:
    """Every digit of a number; SQLite's own JSON keeps fifteen."""
    return None if value is None else repr(value)
