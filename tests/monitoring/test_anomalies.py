"""Anomalies: how bad, by which features, and seen by whom."""

from typing import Any

import pytest
from uuid_utils.compat import uuid7

from db.models import Severity
from db.session import Database
from resolvers.access import Actor, BaseRole
from schema.ids import spell
from tests.conftest import Ask, Save, Someone
from tests.factories import (
    a_dataset,
    a_point,
    a_result,
    a_version,
    an_analysis,
    an_anomaly,
    an_upload,
)
from tests.journeys import errors, last_entries
from tests.monitoring.conftest import NAMES, Machine

FOUND = """{ anomalies(orderBy: {field: CREATED_AT, direction: ASC}) { nodes {
  id processOrder timestamp severity distance threshold features metadata acknowledged
  acknowledgedAt acknowledgedBy { id } analysis { id } dataset { id }
  monitorPoint { processOrder distance } } } }"""
ACKNOWLEDGE = """mutation ($id: ID!) { anomalyAcknowledge(input: {id: $id}) {
  anomaly { acknowledged acknowledgedAt acknowledgedBy { id } }
  userErrors { code message field } } }"""
ALL = """mutation ($filter: AnomalyFilter!) {
  anomaliesAcknowledge(input: {filter: $filter}) { acknowledgedCount
  userErrors { code message field } } }"""


async def anomalies(ask: Ask) -> list[Any]:
    return (await ask(FOUND))["anomalies"]["nodes"]


async def test_an_anomaly_tells_how_far_and_by_which_features(
    ask: Ask, machine: Machine
) -> None:
    sent = machine.points(".x.x")
    sent[1]["metadata"] = {"shift": "night"}
    await machine.ingest(sent)
    first, second = await anomalies(ask)
    assert [one["processOrder"] for one in (first, second)] == [1, 3]
    assert first["metadata"] == {"shift": "night"}
    assert first["timestamp"] == sent[1]["timestamp"]
    assert first["distance"] > first["threshold"] == pytest.approx(3.41)
    assert first["monitorPoint"] == {
        "processOrder": 1,
        "distance": first["distance"],
    }
    assert first["analysis"] == {"id": machine.analysis}
    assert first["dataset"] == {"id": machine.dataset}
    assert first["acknowledged"] is False


async def test_the_features_responsible_are_ranked(ask: Ask, machine: Machine) -> None:
    """One feature of a usual row is raised; it has most of the blame."""
    sent = machine.points(".")
    sent[0]["values"][5] *= 1_000
    await machine.ingest(sent)
    [anomaly] = await anomalies(ask)
    features = anomaly["features"]
    assert features[0]["name"] == NAMES[5]
    assert features[0]["value"] == sent[0]["values"][5]
    assert features[0]["shift"] > 3
    shares = [one["share"] for one in features]
    assert shares == sorted(shares, reverse=True)
    assert 0 < sum(shares) <= 1 + 1e-9
    assert len(features) <= 10


async def test_severity_is_how_many_thresholds_away(ask: Ask, machine: Machine) -> None:
    for factor in (1e2, 1e3, 1e4, 1e8):
        sent = machine.points(".")
        sent[0]["values"][5] *= factor
        await machine.ingest(sent)
    seen = [(one["distance"] / one["threshold"], one) for one in await anomalies(ask)]
    bands = [(4, "CRITICAL"), (2.5, "HIGH"), (1.5, "MEDIUM"), (0, "LOW")]
    for ratio, one in seen:
        expected = next(name for least, name in bands if ratio >= least)
        assert one["severity"] == expected
    assert seen[-1][1]["severity"] == "CRITICAL"


async def test_whoever_saw_an_anomaly_first_stays_the_one(
    ask: Ask, machine: Machine, someone: Someone, analyst: Actor
) -> None:
    await machine.see("x")
    [anomaly] = await anomalies(ask)
    first = (await ask(ACKNOWLEDGE, id=anomaly["id"]))["anomalyAcknowledge"]["anomaly"]
    assert first["acknowledged"]
    assert analyst.user_id
    assert first["acknowledgedBy"] == {"id": f"user_{analyst.user_id.hex}"}
    admin = await someone(BaseRole.ADMIN)
    second = await ask(ACKNOWLEDGE, admin, id=anomaly["id"])
    assert second["anomalyAcknowledge"]["userErrors"] == []
    assert second["anomalyAcknowledge"]["anomaly"] == first


async def test_an_anomaly_of_somebody_else_is_not_there(
    ask: Ask, machine: Machine, someone: Someone
) -> None:
    await machine.see("x")
    [anomaly] = await anomalies(ask)
    stranger = await someone()
    for id_ in (anomaly["id"], f"anomaly_{uuid7().hex}"):
        payload = (await ask(ACKNOWLEDGE, stranger, id=id_))["anomalyAcknowledge"]
        assert errors(payload) == [("NOT_FOUND", ["id"])]


@pytest.fixture
async def many(save: Save, analyst: Actor, someone: Someone) -> Any:
    """Two analyses of the analyst's, and one of somebody else's, with anomalies."""
    found: list[Any] = []
    for owner in (analyst, analyst, await someone()):
        dataset = await save(a_dataset(owner))
        upload = await save(an_upload(owner, dataset_id=dataset.id))
        result = await save(a_result(await save(a_version(dataset, upload))))
        analysis = await save(an_analysis(dataset))
        for order in range(4):
            point = await save(a_point(analysis, result, order))
            severity = Severity.CRITICAL if order == 3 else Severity.LOW
            given = {"severity": severity, "distance": 4.0 + order}
            found.append(await save(an_anomaly(point, dataset, **given)))
    return found


@pytest.mark.parametrize(
    ("chosen", "count"),
    [
        ({}, 8),
        ({"severity": {"eq": "CRITICAL"}}, 2),
        ({"severity": {"in": ["LOW", "MEDIUM"]}}, 6),
        ({"distance": {"gte": 6}}, 4),
        ({"processOrder": {"lt": 1}, "severity": {"eq": "LOW"}}, 2),
        ({"acknowledged": {"eq": True}}, 0),
        ({"severity": {"in": []}}, 0),
        ({"timestamp": {"lt": "2020-01-01T00:00:00Z"}}, 0),
    ],
)
async def test_many_are_acknowledged_by_a_filter(
    ask: Ask,
    many: Any,
    database: Database,
    chosen: dict[str, Any],
    count: int,
) -> None:
    payload = (await ask(ALL, filter=chosen))["anomaliesAcknowledge"]
    assert payload == {"acknowledgedCount": count, "userErrors": []}
    query = "{ anomalies(filter: {acknowledged: {eq: true}}) { totalCount } }"
    assert (await ask(query))["anomalies"]["totalCount"] == count
    assert await last_entries(database, 1) == [("anomaliesAcknowledge", "success", "")]
    again = (await ask(ALL, filter=chosen))["anomaliesAcknowledge"]
    assert again == {"acknowledgedCount": 0, "userErrors": []}


async def test_those_of_one_analysis_are_acknowledged(ask: Ask, many: Any) -> None:
    one = f"analysis_{many[0].analysis_id.hex}"
    theirs = f"analysis_{many[-1].analysis_id.hex}"
    counts = [
        (await ask(ALL, filter={"analysis": {"eq": id_}}))["anomaliesAcknowledge"]
        for id_ in (theirs, one)
    ]
    assert [count["acknowledgedCount"] for count in counts] == [0, 4]


async def test_what_was_seen_one_by_one_keeps_who_saw_it(ask: Ask, many: Any) -> None:
    first = (await ask(ACKNOWLEDGE, id=spell(many[0])))["anomalyAcknowledge"]["anomaly"]
    payload = (await ask(ALL, filter={}))["anomaliesAcknowledge"]
    assert payload["acknowledgedCount"] == 7
    again = (await ask(ACKNOWLEDGE, id=spell(many[0])))["anomalyAcknowledge"]
    assert again["anomaly"] == first
