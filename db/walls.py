"""The second wall: PostgreSQL itself shows everybody no more than is theirs.

`visible` says in each statement whose rows are meant. Were it forgotten, the policies
of the tables still hold, for whom the transaction was said to be: for a user, for the
server itself, or else for nobody. Nothing that is said outlives its transaction.
"""

from enum import Enum
from typing import Any, Final, Literal
from uuid import UUID


class Serving(Enum):
    """Who is shown everything."""

    SERVICE = "service"


SERVICE: Final = Serving.SERVICE
"""The server itself, and administrators."""
Seer = UUID | Literal[Serving.SERVICE] | None
"""For whom the database shows rows: a user by their id, the service, or nobody."""

VIEWER = "(SELECT nullif(current_setting('app.user_id', true), '')::uuid)"
"""In a policy, the user whom a transaction is for; a sub-select is asked but once."""
SERVED = "(SELECT current_setting('app.wall', true) = 'service')"
"""In a policy, whether a transaction is the server's own."""
OPEN = {"app.wall": "service"}
"""Settings of a connection that has no wall."""


def told(seer: Seer) -> str:
    """What tells PostgreSQL whom this transaction is for."""
    if seer is None:
        return ""
    if isinstance(seer, UUID):
        return f"SET LOCAL app.user_id = '{seer}';"
    return f"SET LOCAL app.wall = '{seer.value}';"


def behind(text: str, *, service: bool, place: int) -> str:
    """A statement that says first whom it is for, the user in a parameter's place.

    It is a transaction of its own. What is asked depends on what was said, and so is
    begun after it: PostgreSQL cannot turn them round.
    """
    name, value = ("wall", "'service'") if service else ("user_id", f"${place}::text")
    said = f"SELECT set_config('app.{name}', {value}, true) AS said"
    asked = f"SELECT * FROM ({text}) AS asked WHERE wall.said IS NOT NULL OFFSET 0"  # noqa: S608  all of it is ours
    return f"SELECT told.* FROM ({said}) AS wall, LATERAL ({asked}) AS told"  # noqa: S608  as above


class Begun:
    """A transaction of asyncpg's, begun in the same breath in which it is told."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.end = "COMMIT"
        """How it is committed."""

    async def commit(self) -> None:
        await self._connection.execute(self.end)

    async def rollback(self) -> None:
        await self._connection.execute("ROLLBACK")


async def begin(adapted: Any, seer: Seer) -> None:
    """Begin a transaction for somebody, on a connection as SQLAlchemy has it."""
    mode = " READ ONLY" if adapted.readonly else ""
    driver = adapted.driver_connection
    await driver.execute(f"BEGIN{mode}; {told(seer)}")
    adapted._transaction = Begun(driver)  # noqa: SLF001  else it would begin another


OVER = """
SELECT rolname FROM pg_roles
WHERE rolname = current_user AND (rolsuper OR rolbypassrls)
"""
"""The role of a connection, if no policy holds for it."""
WITHOUT = """
SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = current_schema()::regnamespace AND NOT c.relispartition
  AND c.relkind IN ('r', 'p') AND a.attname = 'owner_id' AND NOT a.attisdropped
  AND NOT (c.relrowsecurity AND c.relforcerowsecurity
    AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))
ORDER BY 1
"""
"""Tables of owners that show everybody everything."""
