"""Operations of every kind that can be answered, drawn from the schema itself."""

from dataclasses import dataclass, field
from typing import Any

from graphql import get_named_type, is_abstract_type
from hypothesis import strategies as st

from schema.reads import Finds, Picks, Refers, ToOne
from tests.contract import SCHEMA, TYPES, by_method, fields, is_leaf, reads
from tests.drawing import SCALARS, Drawing

DEPTH = 3
PARTS = ["nodes", "edges", "nodes", "cursors", "totalCount", "pageInfo", "__typename"]
PAGE_INFO = "hasNextPage hasPreviousPage startCursor endCursor"
WIDE = 60
"""Fields of an object that is more than a database builds in one call."""


@dataclass
class Operation(Drawing):
    """An operation as it is being drawn."""

    fragments: list[str] = field(default_factory=list[str])
    names: int = 0

    def written(self, kind: str = "query", below: str = "") -> str:
        """The operation, which asks for this, or for anything at all."""
        below = below or self.selection(TYPES["Query"], DEPTH)
        declared = f"({', '.join(self.declared)})" if self.declared else ""
        return "\n".join([f"{kind} {declared} {below}", *self.fragments])

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
        if self.often(60):
            wide = [*leaves, "__typename"]
            said += [self.named(wide[n % len(wide)]) for n in range(WIDE)]
        if is_abstract_type(type_):
            said += [self.of_one(type_, depth) for _ in range(2)]
        elif depth < DEPTH and (methods := by_method(type_)) and self.often(8):
            said.append(self.method(type_, self.draw(st.sampled_from(methods))))
        said = said or [self.named("__typename")]
        return f"{{ {' '.join(self.wrapped(type_, one) for one in said)} }}"

    def of_one(self, type_: Any, depth: int) -> str:
        """What is asked of one of those that an interface may be."""
        possible = sorted(map(str, SCHEMA.get_possible_types(type_)))
        chosen = TYPES[self.draw(st.sampled_from(possible))]
        return f"... on {chosen} {self.selection(chosen, depth)}"

    def method(self, type_: Any, name: str) -> str:
        """A field that Python answers."""
        inner: Any = get_named_type(type_.fields[name].type)
        if is_leaf(type_, name):
            return self.named(name)
        plain = [one for one in inner.fields if is_leaf(inner, one)]
        below = " ".join(plain) if plain else "totalCount"
        return self.named(f"{name} {{ {below} }}")

    def named(self, text: str) -> str:
        self.names += 1
        return f"n{self.names}: {text}"

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
        if isinstance(read, Picks):
            said = self.chosen(definition, read)
            return self.named(f"{name}{said} {self.selection(below, depth)}")
        if isinstance(read, Refers):
            said = self.references(several=read.several)
            return self.named(f"{name}({said}) {self.selection(below, depth)}")
        several = 2 if self.often(4) else 1  # the same list, asked for something else
        return " ".join(
            self.named(
                f"{name}{self.arguments(definition, read)} {self.page(below, depth)}"
            )
            for _ in range(several)
        )

    def chosen(self, definition: Any, read: Picks) -> str:
        """One of the arguments by which a row is chosen; all, if all are wanted."""
        names = list(definition.args)
        wanted = [one for one in names if str(definition.args[one].type)[-1] == "!"]
        if names and not wanted:
            wanted = [self.draw(st.sampled_from(names))]
        said = [
            f"{one}: {self.given(str(type_), self.name(one, type_, read))}"
            for one in wanted
            for type_ in (definition.args[one].type,)
        ]
        return f"({', '.join(said)})" if said else ""

    def name(self, argument: str, type_: Any, read: Picks) -> Any:
        if get_named_type(type_).name == "ID":
            return self.id(read.model)
        if argument == "alias" and self.often(2):
            return "production"
        return self.draw(SCALARS[get_named_type(type_).name])

    def references(self, *, several: bool) -> str:
        """One id of anything, or a few."""
        if not several:
            return f"id: {self.given('ID!', self.any_id())}"
        chosen = [self.any_id() for _ in range(self.draw(st.integers(0, 4)))]
        return f"ids: {self.given('[ID!]!', chosen)}"

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
