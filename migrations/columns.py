"""Words for migrations. What a column was called when it was made stays true here."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


def on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def text(length: int | None = None) -> sa.types.TypeEngine[str]:
    """Text sorted by its code points."""
    kind = sa.Text if length is None else sa.String
    return kind(length).with_variant(kind(length, collation="C"), "postgresql")


def texts() -> sa.types.TypeEngine[list[str]]:
    return sa.JSON().with_variant(postgresql.ARRAY(sa.Text()), "postgresql")


def floats() -> sa.types.TypeEngine[list[float]]:
    return sa.LargeBinary().with_variant(postgresql.ARRAY(sa.Double()), "postgresql")


def document() -> sa.types.TypeEngine[object]:
    return sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def moment() -> sa.DateTime:
    return sa.DateTime(timezone=True)


def now() -> sa.TextClause:
    """The database's clock, in microseconds."""
    said = "(strftime('%Y-%m-%d %H:%M:%f000', 'now'))"
    return sa.text("clock_timestamp()" if on_postgresql() else said)


def column(name: str, kind: Any, **rest: Any) -> sa.Column[Any]:
    """A column that always has a value."""
    return sa.Column(name, kind, nullable=False, **rest)


def optional(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=True)


def closed(name: str, kind: str, *values: str) -> sa.Column[Any]:
    """A column with one of a few values."""
    chosen = sa.Enum(
        *values, name=kind, native_enum=False, create_constraint=True, length=32
    )
    return column(name, chosen)


def to(
    name: str, other: str, deleted: str, *, nullable: bool = False, unique: bool = False
) -> sa.Column[Any]:
    """A foreign key, and what becomes of the row when the other is deleted."""
    key = sa.ForeignKey(f"{other}.id", ondelete=deleted)
    return sa.Column(name, sa.Uuid(), key, nullable=nullable, unique=unique)


def owner() -> sa.Column[Any]:
    return to("owner_id", "users", "CASCADE")


def changing() -> list[sa.Column[Any]]:
    """What a row has that is changed after it was made."""
    return [
        column("updated_at", moment(), server_default=now()),
        column("version", sa.Integer(), server_default="1"),
    ]


def unique(*columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns)


def check(name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=name)


def finite(name: str) -> sa.CheckConstraint:
    """No infinity and no NaN."""
    return check(f"{name}_finite", f"abs({name}) <= 1.7976931348623157e308")


def whole(name: str, numbers: str, count: str) -> sa.CheckConstraint:
    """A row of numbers has as many as it should."""
    length = "cardinality({})" if on_postgresql() else "length({}) / 8"
    return check(name, f"{length.format(numbers)} = {count}")


def table(name: str, *parts: Any, **rest: Any) -> None:
    """Make a table: an id, when a row was made, and these."""
    key = column("id", sa.Uuid(), primary_key=True)
    op.create_table(
        name, key, column("created_at", moment(), server_default=now()), *parts, **rest
    )


def index(of: str, *columns: str) -> None:
    op.create_index(f"ix_{of}_{'_'.join(columns)}", of, list(columns))
