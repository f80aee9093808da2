"""Checks that cannot be made, each refused by the argument at fault."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from db.base import utcnow
from db.models import CheckRun, DatasetVersion, ModelVersion
from db.session import Database
from resolvers.access import BaseRole
from schema.ids import spell
from tests.conftest import As, Someone
from tests.journeys import codes, counted, errors
from tests.modelling import a_model, a_model_version
from tests.models.checking import START, WEEK, Checks, readings


@dataclass(frozen=True)
class Things:
    """What there is to check, of the analyst and of somebody else."""

    version: DatasetVersion
    other: DatasetVersion
    model: ModelVersion
    unasked: ModelVersion
    theirs: DatasetVersion
    their_model: ModelVersion


@pytest.fixture
async def things(checks: Checks, someone: Someone) -> Things:
    other = Checks(checks.ask, checks.save, await someone(), checks.home)
    rows = readings(30)
    model = await checks.save(a_model(checks.owner))
    their_model = await other.save(a_model(other.owner))
    things = Things(
        version=await checks.version(await checks.dataset(), rows),
        other=await checks.version(await checks.dataset(), rows),
        model=await checks.save(a_model_version(model)),
        unasked=await checks.save(a_model_version(model, number=2)),
        theirs=await other.version(await other.dataset(), rows),
        their_model=await other.save(a_model_version(their_model)),
    )
    await checks.asked(things.model, 3)
    return things


Given = Callable[[Things], dict[str, Any]]
NOW, LONG_AGO = utcnow(), datetime(1, 1, 1, tzinfo=UTC)
CASES: list[tuple[Given, str, str, str]] = [
    (lambda _: {}, "INVALID", "dataset", "a check needs a dataset"),
    (
        lambda it: {"datasetVersion": it.version},
        "CONFLICT",
        "referenceVersion",
        "before",
    ),
    (
        lambda it: {"datasetVersion": it.theirs},
        "NOT_FOUND",
        "datasetVersion",
        "no Data",
    ),
    (
        lambda it: {"datasetVersion": it.version, "referenceVersion": it.theirs},
        "NOT_FOUND",
        "referenceVersion",
        "no DatasetVersion",
    ),
    (
        lambda it: {"modelVersion": it.their_model},
        "NOT_FOUND",
        "modelVersion",
        "no ModelVersion",
    ),
    (
        lambda it: {"modelVersion": it.model, "referenceVersion": it.theirs},
        "NOT_FOUND",
        "referenceVersion",
        "no DatasetVersion",
    ),
    (
        lambda it: {
            "datasetVersion": it.version,
            "dataset": f"dataset_{it.other.dataset_id.hex}",
        },
        "INVALID",
        "datasetVersion",
        "another dataset",
    ),
    (
        lambda it: {"datasetVersion": it.version, "modelVersion": it.model},
        "CONFLICT",
        "referenceVersion",
        "learnt from",
    ),
    (
        lambda it: {"datasetVersion": it.version, "from": NOW},
        "INVALID",
        "from",
        "no windows",
    ),
    (lambda it: {"modelVersion": it.unasked}, "CONFLICT", "from", "asked nothing from"),
    (
        lambda it: {"modelVersion": it.model},
        "CONFLICT",
        "referenceFrom",
        "asked nothing",
    ),
    (
        lambda it: {"modelVersion": it.model, "from": NOW, "to": NOW - WEEK},
        "INVALID",
        "from",
        "before it ends",
    ),
    (
        lambda it: {"modelVersion": it.model, "referenceFrom": NOW},
        "INVALID",
        "referenceFrom",
        "before it ends",
    ),
    (
        lambda it: {"modelVersion": it.model, "to": LONG_AGO},
        "INVALID",
        "to",
        "of 2000 or later",
    ),
    (
        lambda it: {
            "modelVersion": it.model,
            "referenceVersion": it.version,
            "referenceFrom": NOW,
        },
        "INVALID",
        "referenceFrom",
        "not with both",
    ),
    (
        lambda it: {"modelVersion": it.model, "kind": "QUALITY"},
        "INVALID",
        "kind",
        "is of data",
    ),
    (lambda _: {"kind": "PERFORMANCE"}, "INVALID", "modelVersion", "is of a model"),
    (
        lambda it: {
            "kind": "PERFORMANCE",
            "modelVersion": it.model,
            "datasetVersion": it.version,
        },
        "INVALID",
        "datasetVersion",
        "with no data",
    ),
]


@pytest.mark.parametrize(("given", "code", "field", "said"), CASES)
async def test_a_check_that_cannot_be_made_is_refused(
    checks: Checks,
    things: Things,
    database: Database,
    given: Given,
    code: str,
    field: str,
    said: str,
) -> None:
    payload = await checks.start(**given(things))
    assert errors(payload) == [(code, [field])]
    assert said in payload["userErrors"][0]["message"]
    assert payload["checkRun"] is None
    assert await counted(database, CheckRun) == 0


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"columns": ["wear"]}, "columns"),
        ({"columns": []}, "columns"),
        ({"columns": ["load", "load"]}, "columns"),
        ({"name": " "}, "name"),
        ({"name": "x" * 256}, "name"),
    ],
)
async def test_columns_and_names_are_looked_at_before_a_check_begins(
    checks: Checks, things: Things, given: dict[str, Any], field: str
) -> None:
    both = {"datasetVersion": things.version, "referenceVersion": things.other}
    assert errors(await checks.start(**both, **given)) == [("INVALID", [field])]


@pytest.mark.parametrize(
    "given", [{"kind": "SIZE"}, {"kind": "DRIFT", "from": "2026-11-20T04:00:00"}]
)
async def test_what_is_no_check_is_a_bad_request(
    as_: As, given: dict[str, Any]
) -> None:
    assert set(await codes(as_, START, input=given)) == {"BAD_REQUEST"}


async def test_whoever_only_looks_has_nothing_checked(
    things: Things, someone: Someone, as_: As
) -> None:
    viewer = await someone(BaseRole.VIEWER)
    found = await codes(
        lambda: as_(viewer),
        START,
        input={"kind": "DRIFT", "datasetVersion": spell(things.version)},
    )
    assert found == ["FORBIDDEN"]
