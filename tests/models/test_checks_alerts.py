"""Alerts that checks for drift raise: one for each incident."""

from typing import Any

import pytest

from db.models import Dataset
from schema.ids import spell
from tests.conftest import Ask
from tests.journeys import errors
from tests.models.checking import Checks, broken, readings
from tests.monitoring.conftest import RULE

ALERTS = """{ alerts(orderBy: {field: CREATED_AT, direction: ASC}) { nodes {
  id source status severity occurrences data resolvedAt checkRun { id } dataset { id }
  rule { id lastEvaluatedAt version } analysis { id } } } }"""
RESOLVE = """mutation ($id: ID!) { alertResolve(input: {id: $id}) {
  userErrors { code } } }"""
DRIFT = {"metric": "DRIFT", "threshold": 0.3}


async def ruled(ask: Ask, dataset: Dataset, **condition: Any) -> Any:
    given = {"dataset": spell(dataset), "name": "Drift", "severity": "HIGH"}
    asked = {**given, "condition": {**DRIFT, **condition}}
    return (await ask(RULE, input=asked))["alertRuleCreate"]


async def alerts(ask: Ask) -> list[Any]:
    return (await ask(ALERTS))["alerts"]["nodes"]


@pytest.mark.usefixtures("worker")
async def test_an_incident_of_drift_is_one_alert_until_a_check_passes(
    ask: Ask, checks: Checks
) -> None:
    dataset = await checks.dataset()
    rule = (await ruled(ask, dataset))["alertRule"]["id"]
    usual = await checks.version(dataset, readings(seed=1))
    odd = await checks.version(dataset, readings(shift=1, seed=2))
    against = {"referenceVersion": usual}
    first = await checks.checked(datasetVersion=odd, **against, name="nightly")
    [alert] = await alerts(ask)
    assert alert["rule"].pop("lastEvaluatedAt")
    id_ = alert.pop("id")
    assert alert == {
        "source": "DRIFT",
        "status": "ACTIVE",
        "severity": "HIGH",
        "occurrences": 1,
        "data": {"figure": pytest.approx(1 / 3), "check": "nightly"},
        "resolvedAt": None,
        "checkRun": {"id": first["id"]},
        "dataset": {"id": spell(dataset)},
        "rule": {"id": rule, "version": 1},
        "analysis": None,
    }
    again = await checks.checked(datasetVersion=odd, **against)
    [alert] = await alerts(ask)
    assert (alert["id"], alert["occurrences"]) == (id_, 2)
    assert alert["checkRun"] == {"id": again["id"]}
    passed = await checks.checked(datasetVersion=usual, **against)
    [alert] = await alerts(ask)
    assert (alert["id"], alert["status"]) == (id_, "RESOLVED")
    assert alert["resolvedAt"]
    assert alert["checkRun"] == {"id": passed["id"]}
    await checks.checked(datasetVersion=odd, **against)
    assert [one["status"] for one in await alerts(ask)] == ["RESOLVED", "ACTIVE"]


@pytest.mark.usefixtures("worker")
async def test_drift_that_only_shows_jointly_counts_as_all(
    ask: Ask, checks: Checks
) -> None:
    dataset = await checks.dataset()
    await ruled(ask, dataset, threshold=1)
    await checks.version(dataset, broken(seed=1))
    await checks.version(dataset, broken(seed=2, whole=False))
    await checks.checked(dataset=dataset)
    [alert] = await alerts(ask)
    assert alert["data"]["figure"] == 1


@pytest.mark.usefixtures("worker")
async def test_what_is_below_the_threshold_or_unknown_raises_nothing(
    ask: Ask, checks: Checks
) -> None:
    dataset = await checks.dataset()
    await ruled(ask, dataset, threshold=0.5)
    usual = await checks.version(dataset, readings(seed=1))
    odd = await checks.version(dataset, readings(shift=1, seed=2))
    assert (await checks.checked(datasetVersion=odd))["verdict"] == "FAILED"
    assert await alerts(ask) == []
    await ruled(ask, dataset, threshold=0)
    few = await checks.version(dataset, readings(10))
    for one in (usual, few):
        await checks.checked(datasetVersion=one, referenceVersion=usual)
    assert await alerts(ask) == []


@pytest.mark.usefixtures("worker")
async def test_a_check_that_cannot_tell_resolves_nothing(
    ask: Ask, checks: Checks
) -> None:
    dataset = await checks.dataset()
    await ruled(ask, dataset)
    usual = await checks.version(dataset, readings(seed=1))
    await checks.checked(
        datasetVersion=await checks.version(dataset, readings(shift=1, seed=2))
    )
    few = await checks.version(dataset, readings(10))
    check = await checks.checked(datasetVersion=few, referenceVersion=usual)
    assert check["verdict"] == "UNKNOWN"
    [alert] = await alerts(ask)
    assert alert["status"] == "ACTIVE"


@pytest.mark.usefixtures("worker")
async def test_what_somebody_said_was_over_fires_anew(ask: Ask, checks: Checks) -> None:
    dataset = await checks.dataset()
    await ruled(ask, dataset)
    await checks.version(dataset, readings(seed=1))
    await checks.version(dataset, readings(shift=1, seed=2))
    await checks.checked(dataset=dataset)
    [alert] = await alerts(ask)
    await ask(RESOLVE, id=alert["id"])
    await checks.checked(dataset=dataset)
    assert [one["status"] for one in await alerts(ask)] == ["RESOLVED", "ACTIVE"]


@pytest.mark.usefixtures("worker")
async def test_rules_of_other_metrics_are_not_asked_of_checks(
    ask: Ask, checks: Checks
) -> None:
    dataset = await checks.dataset()
    await ruled(ask, dataset, metric="ANOMALY_COUNT", threshold=0)
    await checks.version(dataset, readings(seed=1))
    await checks.version(dataset, readings(shift=1, seed=2))
    await checks.checked(dataset=dataset)
    assert await alerts(ask) == []


@pytest.mark.parametrize(
    ("condition", "field"),
    [
        ({"window": 5}, "window"),
        ({"minimumSeverity": "HIGH"}, "minimumSeverity"),
        ({"for": 1.0}, "for"),
        ({"keepFiringFor": 60.0}, "keepFiringFor"),
        ({"severityBands": True}, "severityBands"),
        ({"operator": "LT"}, "operator"),
        ({"threshold": 1.1}, "threshold"),
    ],
)
async def test_what_is_said_of_points_is_refused_of_drift(
    ask: Ask, checks: Checks, condition: dict[str, Any], field: str
) -> None:
    payload = await ruled(ask, await checks.dataset(), **condition)
    assert errors(payload) == [("INVALID", ["condition", field])]
