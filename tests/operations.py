"""Operations of every kind that can be compiled, drawn from the schema itself."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from graphql import get_named_type
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from db.base import referred
from db.models import User
from schema.ids import prefix
from schema.reads import Finds, Lists, ToOne
from tests.contract import TYPES, fields, is_leaf, members, reads

DEPTH = 3
PARTS = ["nodes", "edges", "nodes", "cursors", "totalCount", "pageInfo", "__typename"]
PAGE_INFO = "hasNextPage hasPreviousPage startCursor endCursor"

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
    "DateTime": MOMENTS.map(datetime.isoformat),
    "Float": NUMBERS,
    "Int": WHOLE,
    "String": TEXTS,
}


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
class Operation:
    """An operation as it is being drawn."""

    draw: st.DrawFn
    ids: dict[str, list[str]]
    """Ids that may be asked for, by their prefix."""
    variables: dict[str, Any] = field(default_factory=dict[str, Any])
    declared: list[str] = field(default_factory=list[str])
    fragments: list[str] = field(default_factory=list[str])
    names: int = 0

    def written(self) -> str:
        below = self.selection(TYPES["Query"], DEPTH)
        declared = f"({', '.join(self.declared)})" if self.declared else ""
        return "\n".join([f"query {declared} {below}", *self.fragments])

    def selection(self, type_: Any, depth: int) -> str:
        """Some fields of an object, as they are or in fragments."""
        leaves = [name for name in fields(type_) if is_leaf(type_, name)]
        deep = [name for name in fields(type_) if not is_leaf(type_, name)] * bool(
            depth
        )
        some = st.lists(st.sampled_from([*leaves, "__typename"]), max_size=5)
        said = [self.named(name) for name in self.draw(some)]
        if deep:
            few = st.lists(st.sampled_from(deep), min_size=depth == DEPTH, max_size=2)
            said += [self.branch(type_, name, depth - 1) for name in self.draw(few)]
        said = said or [self.named("__typename")]
        return f"{{ {' '.join(self.wrapped(type_, one) for one in said)} }}"

    def named(self, text: str) -> str:
        self.names += 1
        return f"n{self.names}: {text}"

    def often(self, one_in: int) -> bool:
        """Whether it is one of so many; hypothesis loves the ends of a range."""
        return self.draw(st.integers(1, one_in)) == one_in // 2 + 1

    def wrapped(self, type_: Any, text: str) -> str:
        """A field under conditions or in a fragment, which may be spread twice."""
        way = self.draw(st.integers(0, 12))
        if way == 1 and "{" not in text:
            return f"{text} {self.switch()}"
        if way == 2:
            return f"... on {type_.name} {self.switch()} {{ {text} }}"
        if way == 3:
            self.names += 1
            name = f"F{self.names}"
            self.fragments.append(f"fragment {name} on {type_.name} {{ {text} }}")
            return f"...{name} ...{name}"
        return text

    def switch(self) -> str:
        said = self.given("Boolean!", self.draw(st.booleans()))
        return f"@{self.draw(st.sampled_from(['skip', 'include']))}(if: {said})"

    def given(self, type_: str, value: Any) -> str:
        """A value as it is, or the name of a variable that has it or is left out."""
        if not isinstance(value, Cursor) and self.draw(st.booleans()):
            return literal(value)
        name = f"v{len(self.declared)}"
        self.declared.append(f"${name}: {type_}")
        if type_.endswith("!") or not self.often(12):
            self.variables[name] = value
        return f"${name}"

    def branch(self, type_: Any, name: str, depth: int) -> str:
        """An edge: one object, or a page of several."""
        definition = type_.fields[name]
        below: Any = get_named_type(definition.type)
        read = reads(definition)
        if isinstance(read, ToOne):
            return self.named(f"{name} {self.selection(below, depth)}")
        if isinstance(read, Finds):
            said = "" if read.own else f"(id: {self.given('ID!', self.id(read.model))})"
            return self.named(f"{name}{said} {self.selection(below, depth)}")
        several = 2 if self.often(4) else 1  # the same list, asked for something else
        return " ".join(
            self.named(
                f"{name}{self.arguments(definition, read)} {self.page(below, depth)}"
            )
            for _ in range(several)
        )

    def page(self, type_: Any, depth: int) -> str:
        node: Any = get_named_type(type_.fields["nodes"].type)
        chosen = self.draw(st.lists(st.sampled_from(PARTS), min_size=1, max_size=3))
        said: list[str] = []
        for kind in chosen:
            match kind:
                case "nodes":
                    text = f"nodes {self.selection(node, depth)}"
                case "edges":
                    inner = f"node {self.selection(node, depth)}"
                    text = f"edges {{ __typename {inner} cursor }}"
                case "cursors":
                    text = "edges { cursor }"
                case "pageInfo":
                    text = f"pageInfo {{ {PAGE_INFO} __typename }}"
                case _:
                    text = kind
            said.append(self.wrapped(type_, self.named(text)))
        return f"{{ {' '.join(said)} }}"

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
            said.append(f"{way}: {self.given('String', cursor)}")
        if self.often(4):
            type_: Any = get_named_type(definition.args["filter"].type)
            value = self.filter(type_, read.model)
            said.append(f"filter: {self.given(type_.name, value)}")
        return f"({', '.join(said)})"

    def order_type(self, definition: Any) -> str:
        return get_named_type(definition.args["orderBy"].type).name

    def filter(self, type_: Any, model: Any) -> dict[str, Any]:
        """Conditions on some columns, each by some of its operators."""
        names = self.draw(st.lists(st.sampled_from(list(type_.fields)), max_size=2))
        found: dict[str, Any] = {}
        for name in names:
            test: Any = get_named_type(type_.fields[name].type)
            python = type_.fields[name].extensions["strawberry-definition"].python_name
            operators = st.lists(st.sampled_from(list(test.fields)), max_size=2)
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
