"""What an operation costs, found in one pass, is what it costs written out in full."""

import time
from functools import reduce
from typing import Any

import pytest
from graphql import GraphQLObjectType, build_schema, get_introspection_query, parse
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers.errors import LimitExceeded
from server.analysis import BOUNDED, EVENTS, MUTATION, NESTED, PAGE, TOTAL, Analysis
from server.analysis import SCHEMA as SCHEMA_POINTS
from server.costs import CAP, Cost

SCHEMA = build_schema("""
type Query { item: Item  items(first: Int, last: Int): ItemConnection
  some(ids: [ID]): [Item]  thing: Thing }
type Mutation { make: Item }
type Subscription { made: Item }
type Item { id: ID  parent: Item  items(first: Int, last: Int): ItemConnection
  thing: Thing }
type Other { id: ID  item: Item }
union Thing = Item | Other
type ItemConnection { nodes: [Item]  edges: [ItemEdge]  totalCount: Int
  pageInfo: PageInfo }
type ItemEdge { cursor: ID  node: Item }
type PageInfo { hasNextPage: Boolean }
""")
FIELDS: dict[str, dict[str, str | None]] = {
    "Query": {
        "item": "Item",
        "items": "ItemConnection",
        "some": "Item",
        "thing": "Thing",
    },
    "Item": {"id": None, "parent": "Item", "items": "ItemConnection", "thing": "Thing"},
    "Other": {"id": None, "item": "Item"},
    "Thing": {"__typename": None},
    "ItemConnection": {"nodes": "Item", "edges": "ItemEdge", "totalCount": None},
    "ItemEdge": {"cursor": None, "node": "Item"},
}
ARGUMENTS = {
    "items": [
        "",
        "(first: 3)",
        "(last: 2)",
        "(first: $n)",
        "(first: 1000)",
        "(last: 0)",
    ],
    "some": ["", "(ids: [1, 2])", "(ids: [])"],
}
VARIABLES = {"n": 4}
FRAGMENTS = ["Item", "Other", "ItemConnection", "Item", "Query"]
"""The types of the fragments; each may spread those after it, and they each other."""


@st.composite
def selections(draw: st.DrawFn, type_: str, depth: int, first: int) -> str:
    """Fields of a type, and fragments from a place on."""
    said: list[str] = []
    for name in draw(st.lists(st.sampled_from([*FIELDS[type_]]), max_size=3)):
        below = FIELDS[type_][name]
        alias = draw(st.sampled_from(["", "a: "]))
        arguments = draw(st.sampled_from(ARGUMENTS.get(name, [""])))
        if not below:
            said.append(alias + name)
        elif depth:
            inner = draw(selections(below, depth - 1, first))
            said.append(f"{alias}{name}{arguments} {{ {inner} }}")
    for place in draw(st.lists(st.integers(0, len(FRAGMENTS) - 1), max_size=3)):
        of = {"Thing": ("Item", "Other")}.get(type_, (type_,))
        if place >= first and FRAGMENTS[place] in of:
            said.append(f"...F{place}")
    if depth and draw(st.booleans()):
        on = draw(st.sampled_from(["Item", "Other"])) if type_ == "Thing" else type_
        inner = draw(selections(on, depth - 1, first))
        said.append(f"... on {on} {{ {inner} }}")
    return " ".join(said) or "__typename"


@st.composite
def documents(draw: st.DrawFn) -> str:
    said = ["query ($n: Int) {" + draw(selections("Query", 3, 0)) + "}"]
    for place, type_ in enumerate(FRAGMENTS):
        inner = draw(selections(type_, 2, place + 1))
        said.append(f"fragment F{place} on {type_} {{ {inner} }}")
    return " ".join(said)


def measured(text: str, variables: dict[str, Any] | None = None) -> Cost:
    document = parse(text)
    operation: Any = document.definitions[0]
    return Analysis(SCHEMA, document, variables or {}).cost(operation)


def naive(document: Any, node: Any, type_: Any, size: int = 0) -> dict[str, int]:
    """The same with every fragment written out wherever it is spread."""
    parts, branches = [], dict[str, list[dict[str, int]]]()
    for one in node.selection_set.selections:
        if one.kind == "field":
            parts.append(naive_field(document, one, type_, size))
            continue
        fragment = one
        if one.kind == "fragment_spread":
            fragment = next(
                it for it in document.definitions[1:] if it.name.value == one.name.value
            )
        on = SCHEMA.get_type(fragment.type_condition.name.value)
        below = naive(document, fragment, on, size)
        if on is type_:
            parts.append(below)
        else:
            assert isinstance(on, GraphQLObjectType)
            branches.setdefault(on.name, []).append(below)
    sums = [total(branch) for branch in branches.values()]
    whole = total([*parts, *sums])
    for name in ("points", "objects"):
        rest = sum(one[name] for one in parts)
        whole[name] = rest + max((one[name] for one in sums), default=0)
    return whole


def total(parts: list[dict[str, int]]) -> dict[str, int]:
    names = ("points", "objects", "fields", "aliases", "width")
    whole = {name: sum(part[name] for part in parts) for name in names}
    return whole | {"depth": max((part["depth"] for part in parts), default=0)}


def naive_field(document: Any, node: Any, type_: Any, size: int) -> dict[str, int]:
    name, owner = node.name.value, type_.name
    given = {one.name.value: one.value for one in node.arguments or ()}
    asked = given.get("first") or given.get("last")
    inner = PAGE
    if asked is not None:
        number = VARIABLES["n"] if asked.kind == "variable" else int(asked.value)
        inner = min(max(number, 1), 100)
    result = FIELDS.get(owner, {}).get(name)
    below = total([])
    if result:
        below = naive(document, node, SCHEMA.get_type(result), inner)
    one = result is not None and (owner, name) != ("ItemEdge", "node")
    times = 1
    if name in {"nodes", "edges"}:
        times = size
    if name == "some":
        times = len(given["ids"].values) if "ids" in given else BOUNDED
    return {
        "points": times * (below["points"] + one)
        + (name == "totalCount") * TOTAL.points,
        "objects": times * (below["objects"] + one),
        "fields": below["fields"] + 1,
        "aliases": below["aliases"] + (node.alias is not None),
        "depth": below["depth"] + 1,
        "width": 1,
    }


@given(documents())
@settings(max_examples=150, deadline=None)
def test_one_pass_finds_what_writing_out_finds(text: str) -> None:
    document: Any = parse(text)
    expected = naive(document, document.definitions[0], SCHEMA.query_type)
    found = measured(text, VARIABLES)
    capped = {name: min(number, CAP) for name, number in expected.items()}
    assert {name: getattr(found, name) for name in expected} == capped


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("{ item { id } }", 1),
        ("{ items { nodes { id } } }", 1 + 20),
        ("{ items(first: 5) { nodes { parent { id } } } }", 1 + 5 * 2),
        ("{ items(last: 5) { edges { cursor node { parent { id } } } } }", 1 + 5 * 2),
        ("{ items(first: null, last: 7) { nodes { id } } }", 1 + 7),
        ("{ items { totalCount pageInfo { hasNextPage } } }", 1 + TOTAL.points + 1),
        ("query ($n: Int = 6) { items(first: $n) { nodes { id } } }", 1 + 6),
        ("query ($n: Int) { items(first: $n) { nodes { id } } }", 1 + 20),
        ("{ items(first: 9999999999999999999999999) { nodes { id } } }", 1 + 100),
        ('{ items(first: "x") { nodes { id } } }', 1 + 20),
        ("{ some(ids: [1, 2, 3]) { id } }", 3),
        ("{ thing { ... on Item { parent { id } } ... on Other { id } } }", 2),
        ("mutation { make { id } }", 1 + MUTATION.points),
        ("subscription { made { id } }", EVENTS),
        ("{ unknown { to { us { } } } ...Missing }", 3),
        (get_introspection_query(), SCHEMA_POINTS),
    ],
)
def test_an_operation_costs_the_objects_that_it_reads(text: str, points: int) -> None:
    assert measured(text).points == points


def test_a_size_given_as_a_variable_that_is_no_number_is_taken_for_the_largest() -> (
    None
):
    query = "query ($n: Int) { items(first: $n) { nodes { id } } }"
    assert measured(query, {"n": "x"}).points == 101


def test_the_standard_introspection_query_is_fifteen_deep() -> None:
    cost = measured(get_introspection_query())
    assert (cost.depth, cost.introspection) == (0, 15)


@pytest.mark.parametrize("alias", ["", "a: "])
def test_fragments_that_double_each_other_are_measured_in_milliseconds(
    alias: str,
) -> None:
    fragments = (
        f"fragment F{i} on Item {{ {alias}parent {{ id }} ...F{i + 1} ...F{i + 1} }}"
        for i in range(49)
    )
    text = f"{{ item {{ ...F0 }} }} {' '.join(fragments)} fragment F49 on Item {{ id }}"
    began = time.perf_counter()
    cost = measured(text)
    assert time.perf_counter() - began < 0.2
    assert cost.fields == CAP
    assert cost.aliases == (CAP if alias else 0)


def test_a_fragment_that_spreads_itself_is_cut() -> None:
    fragments = "fragment F on Item { id ...G } fragment G on Item { id ...F }"
    assert measured(f"{{ item {{ ...F }} }} {fragments}").fields == 3


def test_what_is_nested_endlessly_is_refused_before_the_stack_ends() -> None:
    chain = reduce(lambda below, _: f"{{ parent {below} }}", range(180), "{ id }")
    names = [f"fragment F{i} on Item {chain[:-1]} }}" for i in range(1)]
    with pytest.raises(LimitExceeded, match=str(NESTED)):
        measured(f"{{ item {{ ...F0 }} }} {' '.join(names)}")
