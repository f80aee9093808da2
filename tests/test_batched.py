"""The batched execution reads what is shown and no more, by texts made once."""

import enum
import re
from collections.abc import Mapping
from datetime import UTC
from typing import Any
from uuid import UUID

import orjson
import pytest
import sqlalchemy as sa
from graphql import is_leaf_type
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from db.base import Base, model_of
from db.dialects import say
from db.models import Alert, AlertRule, AlertStatus, Dataset
from db.session import Database
from db.types import Moment, Several, text
from resolvers.access import SYSTEM, Actor
from resolvers.batches import Pages, Rows, text_of
from resolvers.lists import Condition, Listing
from resolvers.loaders import Loaders, outlined
from resolvers.rows import Columns, kind
from schema import schema
from schema.ids import spell
from tests.conftest import As, Save
from tests.contract import SCHEMA, TYPES, compiles, named, reads
from tests.factories import a_dataset, a_graph, a_rule, an_alert

ROOTS = {
    name: field
    for name, field in TYPES["Query"].fields.items()
    if field.args.get("last")
}
"""Every list at the root."""


def columns(statement: str, table: str) -> set[str]:
    """The columns of a table that stand before FROM."""
    return set(re.findall(rf"\b{table}\.(\w+)", statement.partition(" \nFROM")[0]))


def plain(type_: Any) -> dict[str, str]:
    """The fields of a row that show a column, and the column of each."""
    found: dict[str, str] = {}
    for name, field in type_.fields.items():
        if compiles(field) and reads(field) is None:
            declared = field.extensions["strawberry-definition"]
            table = type_.extensions["strawberry-definition"].origin.of.__table__
            found[name] = table.c[declared.python_name].name
    return found


async def asked(context: Any, query: str, **variables: Any) -> Any:
    result = await schema.execute(query, variables, context_value=context)
    assert not result.errors, result.errors
    return orjson.loads(orjson.dumps(result.data))


@pytest.mark.parametrize("name", ROOTS)
async def test_a_column_that_is_not_asked_for_is_not_read(
    as_: As, statements: list[str], name: str
) -> None:
    table = reads(ROOTS[name]).model.__tablename__
    for field, column in plain(named(ROOTS[name].type.of_type.fields["nodes"])).items():
        statements.clear()
        query = f"{{ {name} {{ nodes {{ {field} }} }} }}"
        await asked(as_(compiles=False), query)
        [statement] = statements
        assert columns(statement, table) == {"id", column}


async def test_what_edges_and_fragments_show_is_read_and_nothing_beside_it(
    as_: As, save: Save, analyst: Actor, statements: list[str]
) -> None:
    await save(*a_graph(analyst))
    query = """query ($no: Boolean = false) {
      alertRules { nodes { ...Named dataset { id } alerts { nodes { __typename } } } }
      alertRules2: alertRules { nodes { severity @include(if: $no) } }
    }
    fragment Named on AlertRule { name ... on Node { id } }"""
    await asked(as_(compiles=False), query)
    read = {"id", "name", "dataset_id", "severity"}
    assert columns(statements[0], "alert_rules") == read
    below = " ".join(statements[1:])
    assert "datasets.name" not in below
    assert "alerts.note" not in below


async def test_a_method_is_given_the_whole_row(
    as_: As, save: Save, analyst: Actor, statements: list[str]
) -> None:
    await save(*a_graph(analyst))
    query = "{ alertRules { nodes { name condition { threshold } } } }"
    data = await asked(as_(compiles=False), query)
    assert data["alertRules"]["nodes"][0]["condition"]["threshold"] == 1.0
    every = {column.name for column in AlertRule.__table__.c}
    assert columns(statements[0], "alert_rules") == every


async def test_a_column_that_was_not_read_is_a_fault_and_never_null(
    as_: As,
    save: Save,
    analyst: Actor,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def nothing(*_: Any) -> Mapping[type[Base], Columns]:
        return {Alert: frozenset()}

    monkeypatch.setattr("schema.batched.columns_shown", nothing)
    await save(*a_graph(analyst))
    query = "{ alerts { nodes { note } } }"
    result = await schema.execute(query, context_value=as_(compiles=False))
    [fault] = [one.exc_info for one in caplog.records if one.exc_info]
    assert str(fault[1]) == "'note' of this Alert was not read"
    [error] = result.errors or []
    assert error.extensions
    assert error.extensions["code"] == "INTERNAL"


def test_a_row_is_of_its_model_and_has_what_was_read() -> None:
    few = kind(Alert, frozenset({"note"}))
    row = few._make([uuid7(), "seen"])
    assert (row.note, model_of(row), spell(row)) == (
        "seen",
        Alert,
        spell(Alert(id=row.id)),
    )
    assert row != few._make(row)
    with pytest.raises(AttributeError, match="'status' of this Alert was not read"):
        _ = row.status


async def test_whoever_does_not_say_which_columns_is_given_all(
    save: Save, analyst: Actor, database: Database
) -> None:
    rows: list[Any] = a_graph(analyst)
    await save(*rows)
    for stored in rows:
        model = type(stored)
        row = await Loaders(database, SYSTEM).row(model).load(stored.id)
        for column in model.__table__.c:
            value, expected = getattr(row, column.key), getattr(stored, column.key)
            assert (value, type(value)) == (expected, type(value)), column
            assert isinstance(value, UUID) == isinstance(expected, UUID), column


@pytest.mark.parametrize("compiled", [True, False])
async def test_one_text_serves_however_many_are_asked_for(
    as_: As,
    save: Save,
    analyst: Actor,
    statements: list[str],
    compiled: bool,  # noqa: FBT001
) -> None:
    await save(*(a_dataset(analyst, name=name) for name in "abc"))
    query = """query ($names: [String!]) {
      datasets(filter: {name: {in: $names}}) { totalCount nodes { name } }
    }"""
    for names in (
        [],
        ["a"],
        ["c", "b", "x"],
        [chr(97 + n % 26) * n for n in range(100)],
    ):
        context = as_(compiles=compiled)
        page = (await asked(context, query, names=names))["datasets"]
        found = {one["name"] for one in page["nodes"]}
        assert found == set(names) & set("abc")
        assert page["totalCount"] == len(found)
    assert len(set(statements)) == (1 if compiled else 2)


async def test_one_text_serves_however_many_rows_refer_to_others(
    as_: As, save: Save, analyst: Actor, statements: list[str]
) -> None:
    query = (
        "{ alertRules { nodes { openAlerts dataset { name } alerts { totalCount } } } }"
    )
    for several in (1, 5):
        dataset = await save(a_dataset(analyst))
        for _ in range(several):
            rule = a_rule(dataset)
            await save(rule, an_alert(rule))
        await asked(as_(compiles=False), query)
    assert len(statements) == 2 * len(set(statements)) == 8


@pytest.mark.parametrize("compiled", [True, False])
async def test_a_text_that_only_begins_like_another_is_not_among_them(
    as_: As,
    save: Save,
    analyst: Actor,
    compiled: bool,  # noqa: FBT001
) -> None:
    await save(a_dataset(analyst, name="x" * 255))
    query = (
        f'{{ datasets(filter: {{name: {{in: ["{"x" * 256}"]}}}}) {{ totalCount }} }}'
    )
    data = await asked(as_(compiles=compiled), query)
    assert data == {"datasets": {"totalCount": 0}}


def test_whoever_has_the_same_role_is_served_by_the_same_text(
    database: Database, analyst: Actor
) -> None:
    several = Condition("status", "in", (AlertStatus.ACTIVE, AlertStatus.RESOLVED))
    one = Condition("status", "in", (AlertStatus.PENDING,))
    made = {
        id(text_of(batch, Actor(id_, analyst.role), database.speech)[0])
        for id_ in (analyst.user_id, uuid7())
        for condition, size in ((several, 3), (one, 7))
        for batch in [
            Pages(
                Alert,
                "alert_rule_id",
                outlined(Listing(size=size, conditions=(condition,)))[0],
                None,
            )
        ]
    }
    assert len(made) == 1
    rows = Rows(Dataset, None)
    admins, theirs = (
        text_of(rows, who, database.speech)[0] for who in (SYSTEM, analyst)
    )
    assert "owner_id =" in theirs.text
    assert "owner_id =" not in admins.text


class Colour(enum.StrEnum):
    RED = "red"
    NONE = ""


MOMENTS = st.datetimes(timezones=st.just(UTC))
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
KINDS: list[tuple[Any, st.SearchStrategy[Any]]] = [
    (text(), WORDS),
    (sa.Uuid(), st.uuids()),
    (Moment(), MOMENTS),
    (sa.Enum(Colour, native_enum=False, values_callable=list), st.sampled_from(Colour)),
    (sa.Boolean(), st.booleans()),
    (sa.Integer(), st.integers(-(2**31), 2**31 - 1)),
    (sa.BigInteger(), st.integers(-(2**63), 2**63 - 1)),
]


@pytest.mark.parametrize(("type_", "values"), KINDS, ids=lambda one: type(one).__name__)
@given(data=st.data())
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_a_value_is_among_several_if_and_only_if_it_is_one_of_them(
    database: Database,
    type_: Any,
    values: st.SearchStrategy[Any],
    data: st.DataObject,
) -> None:
    several = data.draw(st.lists(values, max_size=5))
    sought = data.draw(values | st.sampled_from(several) if several else values)
    among = say("among", sa.literal(sought, type_), sa.literal(several, Several(type_)))
    async with database.read() as session:
        found = await session.scalar(sa.select(sa.cast(among, sa.Boolean)))  # noqa: TID251
    assert found == (sought in several)


async def test_what_the_short_way_cannot_say_is_said_the_long_way(
    as_: As, save: Save, analyst: Actor
) -> None:
    rule = a_rule(a_dataset(analyst), last_evaluated_at=None)
    await save(await save(a_dataset(analyst, id=rule.dataset_id)), rule)
    rows = "{ alertRules { nodes { id lastEvaluatedAt severity createdAt } } }"
    [compiled] = (await asked(as_(), rows))["alertRules"]["nodes"]
    [batched] = (await asked(as_(compiles=False), rows))["alertRules"]["nodes"]
    assert batched == compiled
    assert batched["lastEvaluatedAt"] is None


def test_columns_go_the_short_way() -> None:
    for type_ in SCHEMA.type_map.values():
        model = getattr(
            getattr(type_.extensions.get("strawberry-definition"), "origin", None),
            "of",
            0,
        )
        for name in plain(type_) if model else ():
            leaf = is_leaf_type(named(type_.fields[name]))
            assert ("short" in type_.fields[name].extensions) == leaf, (type_, name)
