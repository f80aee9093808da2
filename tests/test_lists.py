"""Lists hold what their filters say, in the order asked for, and pages join."""

from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from graphql import GraphQLEnumType, GraphQLList

from db.base import referred
from db.dialects import as_json, from_json, say
from db.models import (
    Alert,
    AuditCheckpoint,
    Dataset,
    DatasetVersion,
    MonitorPoint,
    Plan,
    Role,
    User,
)
from db.session import Database
from resolvers.access import Actor, visible
from resolvers.context import Context
from schema import schema
from schema.ids import prefix, spell
from schema.reads import Lists
from tests.conftest import As, Save
from tests.contract import TYPES, members, named, reads
from tests.factories import a_checkpoint, a_graph, a_point

MEANINGS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda held, said: held == said,
    "in": lambda held, said: held in said,
    "lt": lambda held, said: held < said,
    "lte": lambda held, said: held <= said,
    "gt": lambda held, said: held > said,
    "gte": lambda held, said: held >= said,
    "contains": lambda held, said: said in held,
    "has": lambda held, said: said in held,
    "isNull": lambda held, said: (held is None) is said,
}
"""What each operator means of a value that is held and one that is said."""

LISTS: dict[str, Any] = {
    name: definition
    for name, definition in TYPES["Query"].fields.items()
    if isinstance(reads(definition), Lists)
    and name not in {"billingEvents", "scheduledRuns"}
}
"""All but those of which only administrators see rows."""


async def several(save: Save, owner: Actor) -> list[Any]:
    """Seven of everything, with equal values and different ones, none and NULL."""
    rows: list[Any] = []
    for place, name in enumerate(["", "a", "Ab", "é%_\\", "a", "a_", "a%"]):
        graph: list[Any] = a_graph(owner)
        by_type = {type(row).__name__: row for row in graph}
        dataset, upload = by_type["Dataset"], by_type["FileUpload"]
        dataset.name, dataset.tags = name, [name, "x"][: place % 3]
        by_type["Analysis"].name = by_type["AlertRule"].name = name
        by_type["MonitorPoint"].distance = by_type["Anomaly"].distance = place // 2 / 3
        by_type["Alert"].occurrences = by_type["DatasetVersion"].number = place // 2
        by_type["ModelVersion"].metrics = {"f1": place // 2} if place else {}
        by_type["Job"].task, by_type["AuditEntry"].action = name, name
        by_type["AlertRule"].deleted_at = upload.created_at if place % 2 else None
        rows += graph
    await save(*rows)
    return rows


async def there(context: Context) -> list[Any]:
    """What somebody sees that was there before, and nobody's own."""
    rows: list[Any] = []
    async with context.read() as session:
        for model in (AuditCheckpoint, Plan, Role, User):
            rows += await session.scalars(visible(context.actor, model))
    return rows


@pytest.mark.parametrize("compiles", [True, False])
async def test_a_filter_leaves_what_it_says(
    as_: As,
    save: Save,
    analyst: Actor,
    compiles: bool,  # noqa: FBT001
) -> None:
    context = as_(compiles=compiles)
    await save(a_checkpoint())
    rows = [*await several(save, analyst), *await there(context)]
    for name, definition in LISTS.items():
        model = reads(definition).model
        mine = [row for row in rows if isinstance(row, model)]
        type_ = named(definition.args["filter"])
        query = f"""query ($filter: {type_.name}) {{
          {name}(first: 100, filter: $filter) {{ nodes {{ id }} totalCount }}
        }}"""
        for said, means in conditions(type_, mine):
            result = await schema.execute(
                query, {"filter": said}, context_value=context
            )
            page = orjson.loads(orjson.dumps(result.data))[name]
            found = {node["id"] for node in page["nodes"]}
            assert page["totalCount"] == len(found)
            chosen = {spell(row) for row in mine if means(row)}
            assert found & {spell(row) for row in mine} == chosen, (name, said)


@pytest.mark.parametrize("compiles", [True, False])
async def test_a_list_that_is_asked_twice_answers_each_time_what_was_asked(
    as_: As,
    save: Save,
    analyst: Actor,
    compiles: bool,  # noqa: FBT001
) -> None:
    await several(save, analyst)
    query = """{
      all: datasets { totalCount nodes { name } }
      few: datasets(filter: {name: {eq: "a"}}) { totalCount nodes { name } }
      one: datasets(first: 1) { totalCount nodes { name } }
      none: datasets(filter: {name: {in: []}}) { totalCount nodes { name } }
    }"""
    result = await schema.execute(query, context_value=as_(compiles=compiles))
    data = orjson.loads(orjson.dumps(result.data))
    counts = {name: page["totalCount"] for name, page in data.items()}
    assert counts == {"all": 7, "few": 2, "one": 7, "none": 0}
    sizes = {name: len(page["nodes"]) for name, page in data.items()}
    assert sizes == {"all": 7, "few": 2, "one": 1, "none": 0}


def conditions(
    type_: Any, rows: list[Any]
) -> Iterator[tuple[dict[str, Any], Callable[[Any], bool]]]:
    """Every condition that can be put to rows, and what it means."""
    for name, tests in type_.fields.items():
        if named(tests).name == "Words":
            continue  # of several columns, and a language of their own
        python = tests.extensions["strawberry-definition"].python_name
        column = getattr(type(rows[0]), python)
        within = {"name": "f1"} if named(tests).name == "Measures" else {}
        values = [held_in(row, python, **within) for row in rows]
        known = [one for one in dict.fromkeys(map(flat, values)) if one is not None]
        for operator, operand in named(tests).fields.items():
            if operator in within:
                continue
            several = isinstance(operand.type, GraphQLList)
            options: list[Any] = [[], known[:2]] if several else known[:4]
            for value in [True, False] if operator == "isNull" else options:
                said = {name: {operator: spoken(value, operand, column), **within}}
                yield said, meaning(python, operator, value, **within)


def held_in(row: Any, column: str, name: str | None = None) -> Any:
    """What a row has in a column, or in a document there under a name."""
    held = getattr(row, column)
    return held if name is None else held.get(name)


def flat(held: Any) -> Any:
    """A value, or of several the first."""
    return (held or [None])[0] if isinstance(held, list) else held


def meaning(
    python: str, operator: str, value: Any, name: str | None = None
) -> Callable[[Any], bool]:
    def means(row: Any) -> bool:
        held = held_in(row, python, name)
        if held is None and operator != "isNull":
            return False
        return MEANINGS[operator](held, value)

    return means


def spoken(value: Any, operand: Any, column: Any) -> Any:
    """A value as a client says it."""
    if isinstance(value, list):
        several: list[Any] = value
        return [spoken(one, operand, column) for one in several]
    if named(operand).name == "ID":
        kind = prefix(referred(column)) if column.foreign_keys else "user"
        return f"{kind}_{value.hex}"
    if isinstance(named(operand), GraphQLEnumType):
        return value.name
    return value.isoformat() if hasattr(value, "isoformat") else value


@pytest.mark.parametrize("compiles", [True, False])
async def test_pages_of_every_list_in_every_order_join_without_gap_or_repetition(
    as_: As,
    save: Save,
    analyst: Actor,
    compiles: bool,  # noqa: FBT001
) -> None:
    context = as_(compiles=compiles)
    rows = [*await several(save, analyst), *await there(context)]
    for name, definition in LISTS.items():
        mine = [row for row in rows if isinstance(row, reads(definition).model)]
        type_ = named(definition.args["orderBy"])
        for order, column in members(type_.name).items():
            whole = [spell(row) for row in sorted(mine, key=key(column))]
            for way in ("ASC", "DESC"):
                said = {"field": order, "direction": way}
                expected = whole if way == "ASC" else whole[::-1]
                for end in ("first", "last"):
                    seen = await walked(context, name, type_.name, said, end)
                    seen = [one for one in seen if one in set(whole)]
                    assert seen == (expected if end == "first" else expected[::-1])


def key(column: str) -> Callable[[Any], Any]:
    return lambda row: (getattr(row, column), row.id)


async def walked(
    context: Any, name: str, type_: str, order: dict[str, str], end: str
) -> list[str]:
    """A whole list from one end to the other, in pages of three."""
    at, mark, more = {
        "first": ("after", "endCursor", "hasNextPage"),
        "last": ("before", "startCursor", "hasPreviousPage"),
    }[end]
    query = f"""query ($at: String, $order: {type_}) {{
      {name}({end}: 3, {at}: $at, orderBy: $order) {{
        nodes {{ id }} pageInfo {{ {mark} {more} }}
      }}
    }}"""
    seen: list[str] = []
    cursor, left = None, True
    while left:
        given = {"at": cursor, "order": order}
        result = await schema.execute(query, given, context_value=context)
        page = orjson.loads(orjson.dumps(result.data))[name]
        ids = [node["id"] for node in page["nodes"]]
        seen += ids if end == "first" else ids[::-1]
        cursor, left = page["pageInfo"][mark], page["pageInfo"][more]
    return seen


@pytest.mark.parametrize("compiles", [True, False])
async def test_pages_of_what_refers_to_a_row_hold_all_of_it(
    as_: As,
    save: Save,
    analyst: Actor,
    compiles: bool,  # noqa: FBT001
) -> None:
    graph: list[Any] = a_graph(analyst)
    by_type = {type(row).__name__: row for row in graph}
    analysis, result = by_type["Analysis"], by_type["ReductionResult"]
    points = [a_point(analysis, result, place) for place in range(1, 5)]
    await save(*graph, *points)
    query = """query ($at: String) { analyses { nodes {
      monitorPoints(first: 2, after: $at, orderBy: {field: PROCESS_ORDER}) {
        edges { cursor node { processOrder } } pageInfo { hasNextPage }
      }
    } } }"""
    seen: list[int] = []
    at: str | None = None
    while at or not seen:
        answer = await schema.execute(
            query, {"at": at}, context_value=as_(compiles=compiles)
        )
        [node] = orjson.loads(orjson.dumps(answer.data))["analyses"]["nodes"]
        page = node["monitorPoints"]
        seen += [edge["node"]["processOrder"] for edge in page["edges"]]
        at = page["edges"][-1]["cursor"] if page["pageInfo"]["hasNextPage"] else None
    assert seen == [4, 3, 2, 1, 0]


COLUMNS = [
    *(Alert.triggered_at, Alert.status, Alert.note, Alert.occurrences),
    *(MonitorPoint.distance, Dataset.is_active, DatasetVersion.size_bytes),
]


@pytest.mark.parametrize("column", COLUMNS)
async def test_what_a_cursor_says_of_a_column_reads_back_as_its_value(
    save: Save, analyst: Actor, database: Database, column: Any
) -> None:
    rows: list[Any] = a_graph(analyst)
    [row] = [row for row in rows if isinstance(row, column.class_)]
    changes = {"note": "x", "distance": 0.1 + 0.2, "size_bytes": 2**62}
    if column.key in changes:
        setattr(row, column.key, changes[column.key])
    await save(*rows)
    spoken = say("answer", say("pair", as_json(column)))
    async with database.read() as session:
        text: Any = await session.scalar(sa.select(spoken))  # noqa: TID251
    [said] = orjson.loads(text)
    assert from_json(column, said) == getattr(row, column.key)
