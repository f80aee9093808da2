"""Where a field needs Python, only what depends on it is resolved there."""

from typing import Any

import orjson
import pytest

from resolvers.access import Actor
from resolvers.equipment import Equipment
from schema import schema
from schema.ids import spell
from schema.splicing import Mixed
from tests.conftest import As, Listen, Save, Someone
from tests.differences import Both
from tests.factories import a_dataset, a_graph, a_job, a_rule

MANY = 9
"""Objects of a list."""


@pytest.fixture
def both(equipment: Equipment) -> Both:
    return Both(equipment)


async def some_graphs(save: Save, owner: Actor) -> None:
    for _ in range(MANY):
        await save(*a_graph(owner))


async def executed(as_: As, query: str, **variables: Any) -> Any:
    result = await schema.execute(query, variables, context_value=as_())
    assert not result.errors, result.errors
    return result.data


async def test_what_is_below_a_list_costs_one_statement_for_all_its_objects(
    as_: As, save: Save, analyst: Actor, both: Both, statements: list[str]
) -> None:
    await some_graphs(save, analyst)
    query = """{ jobs { nodes { logLines } }
        datasets { nodes { job { logLines }
            alerts { nodes { rule { name } } } versions { totalCount } } } }"""
    statements.clear()
    assert isinstance(await executed(as_, query), Mixed)
    assert len(statements) == 4  # jobs, datasets, their jobs, all the rest
    await both.compare(analyst, query, {})


async def test_fields_of_the_root_that_have_a_shape_are_one_statement(
    as_: As, save: Save, analyst: Actor, statements: list[str]
) -> None:
    await save(*a_graph(analyst))
    query = """{ jobs { nodes { logLines } }
        alerts { nodes { id } } datasets { nodes { name } } viewer { id } }"""
    await executed(as_, query)
    assert len(statements) == 2


async def test_what_a_mutation_answers_is_compiled_below_its_row(
    as_: As, save: Save, analyst: Actor, statements: list[str]
) -> None:
    dataset = await save(a_dataset(analyst))
    below = (
        "alerts { nodes { id } } job { id } versions { nodes { fileUpload { id } } }"
    )
    way = f'datasetArchive(input: {{ id: "{spell(dataset)}" }})'
    statements.clear()
    data = await executed(as_, f"mutation {{ {way} {{ dataset {{ {below} }} }} }}")
    assert len([one for one in statements if "nodes" in one]) == 1
    answered = orjson.loads(orjson.dumps(data))["datasetArchive"]["dataset"]
    assert answered == {
        "alerts": {"nodes": []},
        "job": None,
        "versions": {"nodes": []},
    }


async def test_a_document_of_great_numbers_is_answered_by_a_mutation_too(
    as_: As, save: Save, analyst: Actor
) -> None:
    dataset = await save(a_dataset(analyst, meta={"is": [1e20, -1e300, 2**63 - 1]}))
    way = f'datasetArchive(input: {{ id: "{spell(dataset)}" }})'
    data = await executed(as_, f"mutation {{ {way} {{ dataset {{ metadata }} }} }}")
    answered = orjson.loads(orjson.dumps(data))["datasetArchive"]["dataset"]
    assert answered == {"metadata": {"is": [1e20, -1e300, 2**63 - 1]}}


async def test_what_an_event_tells_is_compiled_below_its_row(
    listen: Listen, save: Save, analyst: Actor, statements: list[str]
) -> None:
    graph = a_graph(analyst)
    await save(*graph)
    rows = {type(row).__name__: row for row in graph}
    query = """subscription ($id: ID!) { monitorPointAdded(analysis: $id, after: -1) {
        monitorValues analysis { dataset { name alerts { nodes { id } } } } } }"""
    events = await listen(query, id=spell(rows["Analysis"]))
    statements.clear()
    told = (await anext(events))["monitorPointAdded"]["analysis"]["dataset"]
    assert told == {
        "name": "Bearing",
        "alerts": {"nodes": [{"id": spell(rows["Alert"])}]},
    }
    assert len([one for one in statements if "nodes" in one]) == 1


async def test_a_promised_row_that_is_missing_is_an_error_at_its_place(
    as_: As, both: Both, save: Save, analyst: Actor, someone: Someone
) -> None:
    dataset = await save(a_dataset(await someone()))
    await save(a_rule(dataset, owner_id=analyst.user_id))
    query = "{ alertRules { nodes { condition { threshold } dataset { name } } } }"
    await both.compare(analyst, query, {})
    result = await schema.execute(query, context_value=as_())
    assert [one.path for one in result.errors or []] == [
        ["alertRules", "nodes", 0, "dataset"]
    ]


@pytest.mark.parametrize("first", [0, 101])
async def test_a_refusal_below_an_object_is_told_at_its_place(
    as_: As, both: Both, save: Save, analyst: Actor, first: int
) -> None:
    await save(a_dataset(analyst, job_id=(await save(a_job(analyst))).id))
    query = f"""{{ datasets {{ nodes {{ job {{ logLines }}
        alerts(first: {first}) {{ nodes {{ id }} }} }} }} }}"""
    await both.compare(analyst, query, {})
    result: Any = await schema.execute(query, context_value=as_())
    assert result.errors[0].path == ["datasets", "nodes", 0, "alerts"]


async def test_without_a_field_for_python_nothing_is_mixed(
    as_: As, save: Save, analyst: Actor
) -> None:
    await save(*a_graph(analyst))
    data = await executed(as_, "{ datasets { nodes { alerts { nodes { id } } } } }")
    assert isinstance(data, orjson.Fragment)


def deep(levels: int, leaf: str = "id") -> str:
    """Lists in lists, each with all that a connection says."""
    lists = ["datasets", "versions", "reductionResults", "analyses", "alerts"]
    names = [*lists[:levels]]
    below = leaf
    for name in reversed(names):
        about = "pageInfo { hasNextPage endCursor } totalCount"
        below = (
            f"id {name}(first: 3) {{ edges {{ cursor node {{ {below} }} }} {about} }}"
        )
    return f"{{ {below.removeprefix('id ')} }}"


@pytest.mark.parametrize("level", range(1, 6))
async def test_lists_in_lists_are_compiled_on_both_databases(
    as_: As, both: Both, save: Save, analyst: Actor, level: int
) -> None:
    await save(*a_graph(analyst))
    await save(*a_graph(analyst))
    data = await executed(as_, deep(level))
    assert isinstance(data, orjson.Fragment)
    await both.compare(analyst, deep(level), {})


async def test_an_object_may_have_more_fields_than_one_call_builds(
    as_: As, both: Both, save: Save, analyst: Actor
) -> None:
    await save(*a_graph(analyst))
    names = ["id", "name", "status", "tags", "metadata", "sizeBytes", "createdAt"]
    many = " ".join(f"f{n}: {names[n % len(names)]}" for n in range(160))
    query = f"{{ datasets {{ nodes {{ {many} }} }} }}"
    assert isinstance(await executed(as_, query), orjson.Fragment)
    await both.compare(analyst, query, {})


async def test_ids_of_any_models_are_looked_up_in_one_statement_in_their_order(
    as_: As, both: Both, save: Save, analyst: Actor, statements: list[str]
) -> None:
    rows = a_graph(analyst)
    await save(*rows)
    kinds = {"Dataset", "Alert", "Job"}
    known = [spell(row) for row in rows if type(row).__name__ in kinds]
    ids = [*known, known[0].replace("0", "1"), *known[::-1]]
    query = """query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id
        ... on Dataset { name alerts { nodes { id } } } ... on Job { task } } }"""
    statements.clear()
    data = await executed(as_, query, ids=ids)
    assert len(statements) == 1
    found = [one and one["id"] for one in orjson.loads(orjson.dumps(data))["nodes"]]
    assert found == [one if one in known else None for one in ids]
    await both.compare(analyst, query, {"ids": ids})
    await both.compare(analyst, query, {"ids": ["nonsense", *known]})
