"""Administrators are told how an operation was answered, and nobody else is."""

from typing import Any

import orjson
import pytest

from resolvers.access import SYSTEM, Actor
from schema import schema
from server import metrics
from server.body import Asked
from server.calls import Calls
from server.limits import Limits
from server.operations import Operations
from server.principals import Principal
from tests.conftest import As, Save
from tests.factories import a_dataset, a_job

WANTED = {"plan": True}
COMPILED = "{ datasets { nodes { name } } }"
MIXED = "{ datasets { nodes { job { logLines } alerts { nodes { id } } } } }"
BATCHED = "{ datasets { nodes { job { logLines } } } }"


@pytest.fixture
async def dataset(save: Save, analyst: Actor) -> Any:
    return await save(a_dataset(analyst, job_id=(await save(a_job(analyst))).id))


@pytest.fixture
def admin(as_: As, dataset: Any) -> Any:
    return as_(SYSTEM)


async def body(context: Any, query: str, extensions: Any = WANTED) -> Any:
    """What is answered to a request, as it is read."""
    limits = Limits(strangers_points=1_000)
    operations = Operations(schema, limits, Calls(context))
    asked = Asked(query, extensions=extensions)
    payer = operations.admission.payer(Principal(context.actor), None)
    admitted = await operations.admitted(asked, context, payer)
    answer = await operations.answer(admitted, context)
    return orjson.loads(orjson.dumps(answer.body()))


@pytest.mark.parametrize(
    ("query", "execution", "statements"),
    [(COMPILED, "compiled", 1), (MIXED, "mixed", 1), (BATCHED, "batched", 0)],
)
async def test_an_administrator_is_told_the_execution_and_its_sql(
    admin: Any, query: str, execution: str, statements: int
) -> None:
    plan = (await body(admin, query))["extensions"]["plan"]
    assert (plan["execution"], len(plan["statements"])) == (execution, statements)
    for told in plan["statements"]:
        assert told["sql"].startswith("SELECT")
        assert any(word in str(told["explain"]) for word in ("SCAN", "Plan"))


@pytest.mark.parametrize("extensions", [None, {}, {"plan": False}, {"plan": 1}])
async def test_nothing_is_told_that_was_not_asked(admin: Any, extensions: Any) -> None:
    assert "extensions" not in await body(admin, COMPILED, extensions)


async def test_no_one_else_is_told(as_: As, dataset: Any) -> None:
    assert (await body(as_(), COMPILED)).keys() == {"data"}


async def test_operations_are_counted_by_their_execution(admin: Any) -> None:
    def counted() -> list[float]:
        found = (
            metrics.REGISTRY.get_sample_value(
                "heliograph_operations_total", {"kind": "query", "execution": name}
            )
            for name in ("compiled", "mixed", "batched")
        )
        return [one or 0 for one in found]

    before = counted()
    for query in (COMPILED, MIXED, MIXED, BATCHED):
        await body(admin, query)
    assert [one - was for one, was in zip(counted(), before, strict=True)] == [1, 2, 1]
