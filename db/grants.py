"""What the role may do that the server runs as, where another owns the tables."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND NOT relispartition
  AND relkind IN ('r', 'p') ORDER BY 1
"""
"""All but the parts of tables, which are read and written by the whole."""
EVERYTHING = "SELECT, INSERT, UPDATE, DELETE"
OTHERWISE = {
    "alembic_version": "SELECT",
    "audit_checkpoints": "SELECT, INSERT",
    "audit_log": "SELECT, INSERT, UPDATE (payload, salt)",
}
"""Tables that are not the server's to change; of an entry it may erase the payload."""
FUNCTIONS = """
SELECT oid::regprocedure::text FROM pg_proc
WHERE pronamespace = current_schema()::regnamespace
  AND prosecdef AND prorettype <> 'trigger'::regtype ORDER BY 1
"""
"""What is done as the owner, for whom the role asks."""


async def give(url: str, role: str) -> None:
    """Let a role read and write what the owner at a URL has, and do nothing else."""
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        quoted = connection.dialect.identifier_preparer.quote(role)
        await _give(connection, quoted)
    await engine.dispose()


async def _give(connection: AsyncConnection, role: str) -> None:
    schema = await connection.scalar(sa.text("SELECT current_schema()"))
    await connection.execute(sa.text(f"GRANT USAGE ON SCHEMA {schema} TO {role}"))
    for table in (await connection.scalars(sa.text(TABLES))).all():
        what = OTHERWISE.get(table, EVERYTHING)
        for statement in (
            f"REVOKE ALL ON {table} FROM {role}",
            f"GRANT {what} ON {table} TO {role}",
        ):
            await connection.execute(sa.text(statement))
    for function in (await connection.scalars(sa.text(FUNCTIONS))).all():
        await connection.execute(
            sa.text(f"GRANT EXECUTE ON FUNCTION {function} TO {role}")
        )
