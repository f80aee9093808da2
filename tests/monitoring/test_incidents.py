"""Alerts: exactly one for each incident, however it flaps."""

from typing import Any

import pytest

from db.models import AlertStatus, Analysis
from schema.ids import spell
from tests.conftest import Ask, Save
from tests.factories import a_rule, an_alert
from tests.journeys import errors
from tests.monitoring.conftest import Machine, moment

RESOLVE = """mutation ($id: ID!, $note: String, $version: Int) {
  alertResolve(input: {id: $id, note: $note, expectedVersion: $version}) {
    alert { status note resolvedAt resolvedBy { id } rule { openAlerts } }
    userErrors { code message field } } }"""
ACKNOWLEDGE = """mutation ($id: ID!) { alertAcknowledge(input: {id: $id}) {
  alert { status } userErrors { code field } } }"""
SHARE = {"metric": "ANOMALY_SHARE", "window": 20, "severityBands": True}


async def told(machine: Machine, *fields: str) -> list[tuple[Any, ...]]:
    """Some fields of each alert, oldest first."""
    return [tuple(one[name] for name in fields) for one in await machine.alerts()]


async def test_an_incident_raises_one_alert(machine: Machine) -> None:
    rule = await machine.rule()
    await machine.see("....x.")
    assert await machine.alerts() == []
    await machine.see("xxx", at=6)
    [alert] = await machine.alerts()
    assert {name: alert[name] for name in ("status", "severity", "occurrences")} == {
        "status": "ACTIVE",
        "severity": "HIGH",
        "occurrences": 1,
    }
    assert alert["rule"] == {"id": rule, "openAlerts": 1}
    assert alert["analysis"] == {"id": machine.analysis}
    assert alert["anomaly"] == {"processOrder": 6}
    assert alert["data"] == {"figure": 2.0, "processOrder": 6}
    assert alert["triggeredAt"] == alert["lastFiredAt"] == moment(6)
    await machine.see("xxxxxxx", at=9)
    assert await told(machine, "id", "occurrences") == [(alert["id"], 1)]


@pytest.mark.parametrize("cut", [1, 2, 5, 60])
async def test_a_flapping_condition_is_one_alert_that_counts(
    machine: Machine, cut: int
) -> None:
    await machine.rule(window=1, threshold=1)
    sent = machine.points("..x.xx.x...x")
    for start in range(0, len(sent), cut):
        await machine.ingest(sent[start : start + cut])
    [alert] = await machine.alerts()
    assert (alert["status"], alert["occurrences"]) == ("ACTIVE", 4)
    assert (alert["triggeredAt"], alert["lastFiredAt"]) == (moment(2), moment(11))
    assert alert["anomaly"] == {"processOrder": 11}


@pytest.mark.parametrize("cut", [1, 3, 60])
async def test_for_delays_an_alert_and_drops_what_does_not_hold_on(
    machine: Machine, cut: int
) -> None:
    """From 12:00:00 on a point comes each second, and it must hold for three."""
    await machine.rule(window=1, threshold=1, **{"for": 3})
    seen: list[Any] = []
    sent = machine.points(".xx.xxxxx")
    for start in range(0, len(sent), cut):
        await machine.ingest(sent[start : start + cut])
        seen += await told(machine, "status", "occurrences")
    if cut == 1:
        pending, fired = [("PENDING", 0)], [("ACTIVE", 1)]
        assert seen == [*pending * 2, *pending * 3, *fired * 2]
    [alert] = await machine.alerts()
    assert (alert["status"], alert["occurrences"]) == ("ACTIVE", 1)
    assert (alert["triggeredAt"], alert["lastFiredAt"]) == (moment(7), moment(7))


async def test_what_is_pending_is_nobodys_to_take_in_hand(
    ask: Ask, machine: Machine
) -> None:
    await machine.rule(window=1, threshold=1, **{"for": 60})
    await machine.see("x")
    [alert] = await machine.alerts()
    for mutation in (ACKNOWLEDGE, RESOLVE):
        [payload] = (await ask(mutation, id=alert["id"])).values()
        assert errors(payload) == [("INVALID_TRANSITION", ["id"])]


@pytest.mark.parametrize("cut", [1, 4, 60])
async def test_an_alert_resolves_itself_once_its_condition_has_not_held_for_long(
    machine: Machine, cut: int
) -> None:
    rule = await machine.rule(window=1, threshold=1, keepFiringFor=3)
    sent = machine.points("x..x....x")
    for start in range(0, len(sent), cut):
        await machine.ingest(sent[start : start + cut])
    over, again = await machine.alerts()
    assert (over["status"], over["occurrences"]) == ("RESOLVED", 2)
    assert over["resolvedAt"] == moment(7)
    assert (again["status"], again["occurrences"]) == ("ACTIVE", 1)
    assert again["triggeredAt"] == moment(8)
    assert again["rule"] == {"id": rule, "openAlerts": 1}


async def test_without_it_an_alert_stays_until_somebody_resolves_it(
    ask: Ask, machine: Machine
) -> None:
    await machine.rule(window=1, threshold=1)
    await machine.see("x" + "." * 50, every=3600)
    [alert] = await machine.alerts()
    assert alert["status"] == "ACTIVE"
    payload = (await ask(RESOLVE, id=alert["id"], note="a loose screw"))["alertResolve"]
    resolved = payload["alert"]
    assert (resolved["status"], resolved["note"]) == ("RESOLVED", "a loose screw")
    assert resolved["resolvedBy"]["id"].startswith("user_")
    assert resolved["rule"] == {"openAlerts": 0}
    await machine.see(".x", at=200_000)
    assert await told(machine, "status", "occurrences") == [
        ("RESOLVED", 1),
        ("ACTIVE", 1),
    ]


async def test_who_says_it_is_over_while_it_is_not_is_told_again(
    ask: Ask, machine: Machine
) -> None:
    await machine.rule(window=1, threshold=1)
    await machine.see("xx")
    [alert] = await machine.alerts()
    await ask(RESOLVE, id=alert["id"])
    await machine.see("xxxx", at=2)
    assert sorted(await told(machine, "status")) == [("ACTIVE",), ("RESOLVED",)]


async def test_what_is_in_somebodys_hand_stays_there_and_counts_on(
    ask: Ask, machine: Machine
) -> None:
    await machine.rule(window=1, threshold=1, keepFiringFor=5)
    await machine.see("x")
    [alert] = await machine.alerts()
    await ask(ACKNOWLEDGE, id=alert["id"])
    await machine.see(".x.", at=1)
    assert await told(machine, "status", "occurrences") == [("ACKNOWLEDGED", 2)]
    await machine.see("......", at=4)
    assert await told(machine, "status", "occurrences") == [("RESOLVED", 2)]


@pytest.mark.parametrize(
    ("anomalies", "severity"),
    [(1, "LOW"), (2, "MEDIUM"), (3, "MEDIUM"), (4, "HIGH"), (6, "CRITICAL")],
)
async def test_severity_follows_the_share_of_anomalies(
    machine: Machine, anomalies: int, severity: str
) -> None:
    await machine.rule(**SHARE, threshold=5)
    await machine.see("." * (20 - anomalies) + "x" * anomalies)
    assert await told(machine, "severity") == [(severity,)]


@pytest.mark.parametrize("cut", [1, 7, 60])
async def test_severity_rises_with_an_incident_and_never_falls(
    machine: Machine, cut: int
) -> None:
    await machine.rule(**SHARE, threshold=5)
    sent = machine.points("." * 19 + "xxxx" + "." * 17 + "." * 5)
    for start in range(0, len(sent), cut):
        await machine.ingest(sent[start : start + cut])
    assert await told(machine, "severity", "occurrences") == [("HIGH", 1)]


async def test_below_the_least_band_it_is_the_rules_own_severity(
    machine: Machine,
) -> None:
    await machine.rule(**SHARE | {"window": 100}, threshold=1)
    await machine.see("." * 99 + "x")
    assert await told(machine, "severity") == [("HIGH",)]


async def test_each_rule_and_each_analysis_has_incidents_of_its_own(
    ask: Ask, save: Save, machine: Machine
) -> None:
    first, second = [await machine.rule(window=1, threshold=1) for _ in range(2)]
    columns = ("owner_id", "dataset_id", "dinsight_id", "kind", "status", "name")
    copied = {name: getattr(machine.row, name) for name in columns}
    twin = Machine(
        ask, machine.known, await save(Analysis(**copied)), machine.dataset_row
    )
    await machine.see("x")
    await twin.see("x")
    alerts = await machine.alerts()
    assert len(alerts) == 4
    pairs = {(one["rule"]["id"], one["analysis"]["id"]) for one in alerts}
    assert pairs == {
        (rule, one.analysis) for rule in (first, second) for one in (machine, twin)
    }


async def test_the_window_spans_batches_and_a_count_may_be_reached_at_once(
    machine: Machine,
) -> None:
    await machine.rule(threshold=2, window=100)
    await machine.see("x")
    assert await machine.alerts() == []
    await machine.see("..x", at=1)
    assert await told(machine, "data") == [({"figure": 2.0, "processOrder": 3},)]


async def test_a_share_is_taken_from_five_points_on(machine: Machine) -> None:
    await machine.rule(**SHARE, threshold=20)
    await machine.see("xxxx")
    assert await machine.alerts() == []
    await machine.see(".", at=4)
    assert await told(machine, "data") == [({"figure": 80.0, "processOrder": 4},)]


@pytest.mark.parametrize(
    ("condition", "alerts"),
    [
        ({"metric": "ANOMALY_SHARE", "threshold": 50, "window": 4}, 1),
        ({"metric": "ANOMALY_SHARE", "threshold": 50.1, "window": 4}, 0),
        ({"metric": "ANOMALY_SHARE", "threshold": 50, "operator": "GT"}, 0),
        ({"metric": "ANOMALY_COUNT", "threshold": 0, "operator": "LTE"}, 0),
        ({"metric": "DISTANCE_RATIO", "threshold": 1, "window": 1}, 1),
        ({"metric": "DISTANCE_RATIO", "threshold": 0.01, "operator": "LT"}, 0),
        ({"metric": "ANOMALY_COUNT", "minimumSeverity": "LOW"}, 1),
    ],
)
async def test_a_condition_measures_what_it_says(
    machine: Machine, condition: dict[str, Any], alerts: int
) -> None:
    await machine.rule(**condition)
    await machine.see("..xx")
    assert len(await machine.alerts()) == alerts


@pytest.mark.parametrize("status", AlertStatus)
async def test_an_alert_is_resolved_once(
    ask: Ask, save: Save, machine: Machine, status: AlertStatus
) -> None:
    rule = await save(a_rule(machine.dataset_row))
    alert = await save(an_alert(rule, status=status))
    payload = (await ask(RESOLVE, id=spell(alert)))["alertResolve"]
    if status in {AlertStatus.ACTIVE, AlertStatus.ACKNOWLEDGED}:
        assert payload["alert"]["status"] == "RESOLVED"
    else:
        assert errors(payload) == [("INVALID_TRANSITION", ["id"])]


async def test_an_alert_that_changed_meanwhile_is_not_resolved(
    ask: Ask, machine: Machine
) -> None:
    await machine.rule(window=1, threshold=1)
    await machine.see("x")
    [seen] = await machine.alerts()
    await machine.see(".x", at=1)
    payload = await ask(RESOLVE, id=seen["id"], version=seen["version"])
    assert errors(payload["alertResolve"]) == [("CONFLICT", ["expectedVersion"])]
