"""What is given to an operation, drawn: arguments, and values that fit or do not."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import orjson
from graphql import get_named_type
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from db.base import referred
from db.models import User
from resolvers.lists import Listing, marked
from schema.ids import prefix
from schema.reads import Lists
from tests.contract import members

NUMBERS = st.sampled_from([0.0, 1.0, -1.5, 0.1 + 0.2]) | st.floats(
    allow_nan=False, allow_infinity=False
)
WHOLE = st.integers(-2, 3) | st.integers(1 - 2**31, 2**31 - 1)
TEXTS = st.sampled_from(["", "a", "Ab", "é%_\\"]) | st.text(
    st.characters(codec="utf-8", exclude_characters="\0"), max_size=20
)
MOMENTS = st.sampled_from([datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)]) | st.datetimes(
    datetime(1970, 1, 1),  # noqa: DTZ001  hypothesis adds the zone
    datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "Boolean": st.booleans(),
    "Date": st.dates().map(date.isoformat),
    "DateTime": MOMENTS.map(datetime.isoformat),
    "Float": NUMBERS,
    "BigInt": WHOLE.map(str),
    "Int": WHOLE,
    "String": TEXTS,
}
JUNK: st.SearchStrategy[Any] = st.one_of(
    *(st.none(), st.booleans(), WHOLE, NUMBERS, TEXTS, MOMENTS.map(datetime.isoformat)),
    st.sampled_from(
        ["\0", "nan", "1e999", "alert_", uuid7().hex, f"user_{uuid7().hex}"]
    ),
    st.sampled_from([2**31, -(2**63), 1e300, [], [1], [None], {}, {"eq": 1}]),
)
"""Values of which hardly any is of the type that is wanted."""


class Word(str):
    """A name that is written without quotes: of an enum's value, or a variable."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Cursor:
    """The cursor of some row in a list of this order, once there are rows."""

    model: Any
    order: str
    number: int


@dataclass
class Drawing:
    """What has been drawn so far of one operation."""

    draw: st.DrawFn
    ids: dict[str, list[str]]
    """Ids that may be asked for, by their prefix."""
    variables: dict[str, Any] = field(default_factory=dict[str, Any])
    declared: list[str] = field(default_factory=list[str])

    def often(self, one_in: int) -> bool:
        """Whether it is one of so many; hypothesis loves the ends of a range."""
        return self.draw(st.integers(1, one_in)) == one_in // 2 + 1

    def given(self, type_: str, value: Any) -> str:
        """A value as it is, or the name of a variable that has it or is left out."""
        if self.often(60):
            value = self.draw(JUNK)
        elif not isinstance(value, Cursor) and self.draw(st.booleans()):
            return literal(value)
        name = f"v{len(self.declared)}"
        self.declared.append(f"${name}: {type_}")
        if type_.endswith("!") or not self.often(12):
            self.variables[name] = value
        return f"${name}"

    def arguments(self, definition: Any, read: Lists) -> str:
        end = self.draw(st.sampled_from(["first", "last"]))
        size = self.draw(st.integers(1, 4) if self.often(2) else st.integers(1, 100))
        said = [f"{end}: {self.given('Int', 0 if self.often(50) else size)}"]
        order, name = "id", self.order_type(definition)
        if self.often(2):
            chosen = self.draw(st.sampled_from(list(members(name))))
            order = members(name)[chosen]
            direction = Word(self.draw(st.sampled_from(["ASC", "DESC"])))
            value = {"field": Word(chosen), "direction": direction}
            said.append(f"orderBy: {self.given(name, value)}")
        if self.often(4):
            other = "id" if self.often(12) else order
            cursor = Cursor(read.model, other, self.draw(st.integers(0, 99)))
            way = self.draw(st.sampled_from(["after", "before"]))
            forged = self.often(8)
            value = self.forged(read.model, order) if forged else cursor
            said.append(f"{way}: {self.given('String', value)}")
        if self.often(4):
            type_: Any = get_named_type(definition.args["filter"].type)
            value = self.filter(type_, read.model)
            said.append(f"filter: {self.given(type_.name, value)}")
        return f"({', '.join(said)})"

    def forged(self, model: Any, order: str) -> str:
        """What begins as a cursor of a list does, and goes on in any way."""
        said = orjson.dumps(self.draw(JUNK | st.tuples(JUNK, JUNK).map(list)))
        place = self.draw(
            st.just(said.hex()) | TEXTS | st.just(uuid7().hex) | st.just(str(uuid7()))
        )
        return marked(model, Listing(order=order)) + place

    def order_type(self, definition: Any) -> str:
        return get_named_type(definition.args["orderBy"].type).name

    def filter(self, type_: Any, model: Any) -> dict[str, Any]:
        """Conditions on some columns, each by some of its operators."""
        few = st.lists(st.sampled_from(list(type_.fields)), min_size=1, max_size=2)
        names = [] if self.often(12) else self.draw(few)
        found: dict[str, Any] = {}
        for name in names:
            test: Any = get_named_type(type_.fields[name].type)
            python = type_.fields[name].extensions["strawberry-definition"].python_name
            operators = st.lists(
                st.sampled_from(list(test.fields)), min_size=1, max_size=2
            )
            found[name] = {
                one: self.operand(test.fields[one].type, getattr(model, python))
                for one in self.draw(operators)
            }
        return found

    def operand(self, type_: Any, column: Any) -> Any:
        """A value to compare with: null, one, or a list of several or of none."""
        if self.often(15):
            return None
        if "[" in str(type_):
            many = self.draw(st.integers(0, 3))
            return [self.value(get_named_type(type_), column) for _ in range(many)]
        return self.value(get_named_type(type_), column)

    def value(self, type_: Any, column: Any) -> Any:
        if type_.name == "ID":
            return self.id(referred(column) if column.foreign_keys else User)
        if hasattr(type_, "values"):
            return Word(self.draw(st.sampled_from(list(type_.values))))
        return self.draw(SCALARS[type_.name])

    def id(self, model: Any) -> str:
        """The id of a row, of no row, or of a row of another type."""
        if self.often(20):
            return f"{prefix(model)}_{uuid7().hex}"
        kind = self.draw(st.sampled_from(list(self.ids))) if self.often(30) else ""
        return self.draw(st.sampled_from(self.ids[kind or prefix(model)]))

    def any_id(self) -> str:
        """The id of something; or a text that is none, or has another's form."""
        if self.often(20):
            return self.draw(TEXTS | st.just(f"audit_head_{uuid7().hex}"))
        kind = self.draw(st.sampled_from(sorted(self.ids)))
        known = self.draw(st.sampled_from(self.ids[kind]))
        return f"{kind}_{uuid7().hex}" if self.often(12) else known


def literal(value: Any) -> str:
    """A value as it is written in an operation."""
    match value:
        case Word():
            return value
        case dict():
            said = (f"{name}: {literal(one)}" for name, one in value.items())
            return f"{{{', '.join(said)}}}"
        case list():
            return f"[{', '.join(map(literal, value))}]"
        case _:
            return orjson.dumps(value).decode()
