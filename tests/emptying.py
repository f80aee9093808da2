"""A database with nothing in it but what the migrations put there."""

import sqlalchemy as sa

from db.base import Base
from db.models.audit import ORIGIN
from db.session import Database

KEPT = {"roles", "reduction_configs", "audit_heads", "plans", "alembic_version"}
"""Tables with rows that the migrations put there."""
BROUGHT = (
    "CREATE SCHEMA IF NOT EXISTS brought",
    "CREATE TABLE IF NOT EXISTS brought.plans AS TABLE plans",
    "DELETE FROM plans",
    "INSERT INTO plans TABLE brought.plans",
)
"""Puts plans back as they were before the first test."""


async def emptied(url: str) -> None:
    """Make one of PostgreSQL's what it was after the migrations."""
    database = Database(url)
    tables = [table for table in Base.metadata.tables if table not in KEPT]
    async with database.write.begin() as session:
        for statement in (
            "SET LOCAL session_replication_role = replica",
            *(f"DELETE FROM {table}" for table in tables),  # noqa: S608  names of ours
            "DELETE FROM roles WHERE NOT is_system",
            "DELETE FROM reduction_configs WHERE NOT is_system",
            *BROUGHT,
            f"UPDATE audit_heads SET seq = 0, hash = '{ORIGIN}'",  # noqa: S608  constants
        ):
            await session.execute(sa.text(statement))
    await database.close()
