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


def include_object(_: Any, name: str | None, kind: str, *rest: Any) -> bool:
    """All but the months of a table that PostgreSQL keeps in parts."""
    return not (kind == "table" and (name or "").startswith("audit_log_"))


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
