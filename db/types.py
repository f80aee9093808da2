"""Column types that mean the same on SQLite and PostgreSQL."""

import array
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

Json = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
"""A document. None is NULL, never the document `null`."""


def text(length: int | None = None) -> sa.String:
    """Text that both databases sort by its code points, whatever their locale."""
    kind = sa.Text if length is None else sa.String
    return kind(length).with_variant(kind(length, collation="C"), "postgresql")


def document(text: Any) -> Any:
    """A document of its text; SQLite makes numbers of those that are no more.

    A whole number of more than 64 bits is how PostgreSQL writes 1e20.
    """
    return orjson.loads(text) if isinstance(text, str | bytes) else text


def moment(text: str) -> datetime:
    """A moment from its text, which must say its offset. Raises ValueError."""
    read = datetime.fromisoformat(text)
    if read.tzinfo is None:
        raise ValueError(f"a moment needs an offset: {text!r}")
    try:
        return read.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"no such moment in UTC: {text!r}") from error


class Moment(sa.TypeDecorator[datetime]):
    """An instant in UTC. SQLite keeps no offset, so it is put back on the way out."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self, value: datetime | None, dialect: sa.Dialect
    ) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored moment must carry its offset")
        return value.astimezone(UTC)

    def process_result_value(
        self, value: datetime | None, dialect: sa.Dialect
    ) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class Money(sa.TypeDecorator[Decimal]):
    """US dollars, to the millionth: whole millionths in both databases."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(
        self, value: Decimal | None, dialect: sa.Dialect
    ) -> int | None:
        return None if value is None else millionths(value)

    def process_result_value(
        self, value: int | None, dialect: sa.Dialect
    ) -> Decimal | None:
        return None if value is None else dollars(value)


def millionths(amount: Decimal) -> int:
    """An amount as it is stored. Raises ValueError for a part of a millionth."""
    stored = int(amount.scaleb(6))
    if dollars(stored) != amount:
        raise ValueError(f"an amount has at most six decimals: {amount}")
    return stored


def dollars(stored: int) -> Decimal:
    """An amount of what is stored."""
    return Decimal(stored).scaleb(-6)


class Texts(sa.TypeDecorator[list[str]]):
    """Several short texts: TEXT[] in PostgreSQL, a JSON array in SQLite."""

    impl = sa.JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        native = dialect.name == "postgresql"
        chosen: Any = ARRAY(sa.Text) if native else sa.JSON(none_as_null=True)
        return dialect.type_descriptor(chosen)


class Floats(sa.TypeDecorator[list[float]]):
    """A row of numbers: FLOAT8[] in PostgreSQL, little-endian doubles in SQLite."""

    impl = sa.LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        native = dialect.name == "postgresql"
        chosen: Any = ARRAY(sa.Double) if native else sa.LargeBinary()
        return dialect.type_descriptor(chosen)

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        if value is None:
            return None
        if dialect.name == "postgresql":
            return list(value)
        return _little(array.array("d", value)).tobytes()

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        numbers = array.array("d")
        numbers.frombytes(value)
        return _little(numbers).tolist()


class Several(sa.TypeDecorator[Sequence[Any]]):
    """Several values as one parameter: an array, or in SQLite a JSON array.

    Each is what its own type makes of it, so that it equals what a column holds.
    """

    impl = sa.Text
    cache_ok = True

    def __init__(self, one: sa.types.TypeEngine[Any]) -> None:
        super().__init__()
        self.one = one

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        # a cast to VARCHAR(255) would cut what is longer, and then find it
        plain = sa.Text() if isinstance(self.one, sa.String) else self.one
        native = dialect.name == "postgresql"
        chosen: Any = ARRAY(plain) if native else sa.Text()
        return dialect.type_descriptor(chosen)

    def process_bind_param(
        self, value: Sequence[Any] | None, dialect: sa.Dialect
    ) -> Any:
        bound = self.one.dialect_impl(dialect).bind_processor(dialect)
        made = [bound(one) for one in value or ()] if bound else list(value or ())
        return made if dialect.name == "postgresql" else json.dumps(made)


def _little(numbers: "array.array[float]") -> "array.array[float]":
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
