"""Alembic's side of a migration: our connection, our types in SQLAlchemy's words."""

from typing import Any

import sqlalchemy as sa
from alembic import context

import db.models  # noqa: F401  so that every table is known
from db import faultpoints
from db.base import Base
from db.types import Floats, Moment, Texts

SPELT = {Moment: "sa.DateTime(timezone=True)", Texts: "texts()", Floats: "floats()"}
"""A migration imports no models: what a type is called there outlives it here."""
PARTS = ("audit_log_", "predictions_")
"""How the names of months begin."""
SPOKEN = {"email_lower", "ix_users_email_lower"}
"""What SQLite has another kind of, or none, and no model knows."""


def render_item(kind: str, item: Any, _: Any) -> str | bool:
    if kind == "server_default" and "now" in repr(getattr(item, "arg", item)):
        return "now()"
    if kind != "type":
        return False
    if isinstance(item, sa.Enum):
        return False
    if isinstance(item, sa.JSON):
        return "document()"
    if isinstance(item, sa.String):
        return f"text({item.length or ''})"
    return next((said for of, said in SPELT.items() if isinstance(item, of)), False)


def include_object(item: Any, name: str | None, kind: str, *rest: Any) -> bool:
    """All but the months of a table that PostgreSQL keeps in parts.

    To each of them it has keys of its own beside those that were declared.
    """
    named = item.elements[0].target_fullname if _is_key(kind) else name or ""
    return name not in SPOKEN and not (kind != "index" and named.startswith(PARTS))


def _is_key(kind: str) -> bool:
    return kind == "foreign_key_constraint"


def between(**_: Any) -> None:
    """After each revision, while none of them is certain yet."""
    faultpoints.reach("migration.mid")


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    render_item=render_item,
    include_object=include_object,
    on_version_apply=between,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
