"""Alert rules: what may be said in them, and what becomes of a change."""

from typing import Any

import pytest
from uuid_utils.compat import uuid7

from db.models import AlertRule
from db.session import Database
from tests.conftest import As, Ask, Save
from tests.factories import a_rule
from tests.journeys import codes, counted, errors
from tests.monitoring.conftest import RULE, Machine

UPDATE = """mutation ($input: AlertRuleUpdateInput!) { alertRuleUpdate(input: $input) {
  alertRule { version name severity isActive condition { metric threshold window
    severityBands } } userErrors { code message field } } }"""
DELETE = """mutation ($id: ID!) { alertRuleDelete(input: {id: $id}) {
  alertRule { isActive deletedAt alerts { totalCount } }
  userErrors { code message field } } }"""
ANALYSIS_DELETE = """mutation ($id: ID!) { analysisDelete(input: {id: $id}) {
  userErrors { code } } }"""
SHARE = {"metric": "ANOMALY_SHARE", "threshold": 10}
COUNT = {"metric": "ANOMALY_COUNT", "threshold": 2, "window": 4}


async def test_a_rule_says_what_was_said_to_it(machine: Machine) -> None:
    condition = {
        "metric": "ANOMALY_SHARE",
        "operator": "GT",
        "threshold": 12.5,
        "window": 40,
        "minimumSeverity": "MEDIUM",
        "for": 60.0,
        "keepFiringFor": 120.0,
        "severityBands": True,
    }
    rule = (await machine.ruled(name=" Mine ", condition=condition))["alertRule"]
    del rule["id"]
    assert rule == {
        "version": 1,
        "name": "Mine",
        "severity": "HIGH",
        "isActive": True,
        "openAlerts": 0,
        "condition": condition,
    }


async def test_what_is_not_said_is_usual(machine: Machine) -> None:
    rule = (await machine.ruled(condition=SHARE))["alertRule"]
    assert rule["condition"] == {
        **SHARE,
        "operator": "GTE",
        "window": 20,
        "minimumSeverity": None,
        "for": 0.0,
        "keepFiringFor": None,
        "severityBands": False,
    }


@pytest.mark.parametrize(
    ("condition", "field", "said"),
    [
        ({**SHARE, "window": 0}, "window", "a window has from 1 to 1000 points"),
        ({**SHARE, "window": 1_001}, "window", "a window has from 1 to 1000 points"),
        ({**SHARE, "threshold": -1}, "threshold", "0 or more, not -1"),
        ({**SHARE, "threshold": 100.1}, "threshold", "never more than 100 here"),
        ({**COUNT, "threshold": 5}, "threshold", "never more than 4 here"),
        ({**SHARE, "for": -1}, "for", "a time is from 0 to 86400 seconds, not -1"),
        ({**SHARE, "for": 86_401}, "for", "not 86401"),
        ({**SHARE, "keepFiringFor": -1}, "keepFiringFor", "not -1"),
        ({**SHARE, "keepFiringFor": 1e9}, "keepFiringFor", "a time is from 0 to 86400"),
        (
            {**COUNT, "severityBands": True},
            "severityBands",
            "of the share of anomalies",
        ),
    ],
)
async def test_a_condition_that_cannot_be_asked_is_refused_by_its_field(
    machine: Machine,
    database: Database,
    condition: dict[str, Any],
    field: str,
    said: str,
) -> None:
    payload = await machine.ruled(condition=condition)
    assert errors(payload) == [("INVALID", ["condition", field])]
    assert said in payload["userErrors"][0]["message"]
    assert payload["alertRule"] is None
    assert await counted(database, AlertRule) == 0
    rule = await machine.rule()
    changed = await machine.ask(UPDATE, input={"id": rule, "condition": condition})
    assert errors(changed["alertRuleUpdate"]) == [("INVALID", ["condition", field])]


@pytest.mark.parametrize(
    "condition",
    [
        {**SHARE, "threshold": float("nan")},
        {**SHARE, "metric": "anomaly_share"},
        {**SHARE, "operator": "="},
        {**SHARE, "minimumSeverity": "NONE"},
        {**SHARE, "window": 2.5},
        {"metric": "ANOMALY_SHARE"},
    ],
)
async def test_a_condition_that_is_none_is_a_bad_request(
    as_: As, machine: Machine, condition: dict[str, Any]
) -> None:
    given = {"dataset": machine.dataset, "name": "x", "severity": "LOW"}
    asked = {"input": {**given, "condition": condition}}
    assert set(await codes(as_, RULE, **asked)) == {"BAD_REQUEST"}


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"name": ""}, ("INVALID", ["name"])),
        ({"name": "x" * 256}, ("INVALID", ["name"])),
        ({"dataset": f"dataset_{uuid7().hex}"}, ("NOT_FOUND", ["dataset"])),
    ],
)
async def test_a_rule_is_refused(
    machine: Machine, given: dict[str, Any], error: tuple[str, list[str]]
) -> None:
    assert errors(await machine.ruled(**{"condition": SHARE, **given})) == [error]


async def test_a_dataset_has_at_most_fifty_rules(save: Save, machine: Machine) -> None:
    await save(*(a_rule(machine.dataset_row) for _ in range(50)))
    payload = await machine.ruled(condition=SHARE)
    assert errors(payload) == [("CONFLICT", ["dataset"])]


async def test_in_an_update_what_is_absent_stays(ask: Ask, machine: Machine) -> None:
    given = {"id": await machine.rule()}

    async def update(**said: Any) -> Any:
        payload = (await ask(UPDATE, input={**given, **said}))["alertRuleUpdate"]
        assert errors(payload) == []
        return payload["alertRule"]

    renamed = await update(name="New", expectedVersion=1)
    assert (renamed["name"], renamed["severity"]) == ("New", "HIGH")
    assert renamed["condition"] == {**COUNT, "severityBands": False}
    other = await update(severity="LOW", condition=SHARE, expectedVersion=2)
    assert (other["name"], other["severity"]) == ("New", "LOW")
    assert other["condition"]["metric"] == "ANOMALY_SHARE"
    stale = await ask(UPDATE, input={**given, "name": "x", "expectedVersion": 2})
    assert errors(stale["alertRuleUpdate"]) == [("CONFLICT", ["expectedVersion"])]


@pytest.mark.parametrize("name", ["name", "severity", "isActive", "condition"])
async def test_a_rule_cannot_be_without_what_it_says(
    ask: Ask, machine: Machine, name: str
) -> None:
    given = {"id": await machine.rule(), name: None}
    payload = (await ask(UPDATE, input=given))["alertRuleUpdate"]
    assert errors(payload) == [("INVALID", [name])]


async def test_to_be_asked_is_no_change_of_a_rule(ask: Ask, machine: Machine) -> None:
    rule = await machine.rule()
    query = """query ($id: ID!) { alertRule(id: $id) {
      version updatedAt lastEvaluatedAt } }"""
    before = (await ask(query, id=rule))["alertRule"]
    assert before["lastEvaluatedAt"] is None
    await machine.see("..xx.x")
    after = (await ask(query, id=rule))["alertRule"]
    assert after["lastEvaluatedAt"]
    del before["lastEvaluatedAt"], after["lastEvaluatedAt"]
    assert after == before


async def test_a_changed_condition_begins_anew(ask: Ask, machine: Machine) -> None:
    rule = await machine.rule(window=1, threshold=1, **{"for": 60})
    await machine.see("xx")
    assert [one["status"] for one in await machine.alerts()] == ["PENDING"]
    longer = {**COUNT, "window": 1, "threshold": 1, "for": 3}
    await ask(UPDATE, input={"id": rule, "condition": longer})
    assert await machine.alerts() == []
    await machine.see("xxx", at=2)
    assert [one["status"] for one in await machine.alerts()] == ["PENDING"]
    await machine.see("x", at=5)
    assert [one["status"] for one in await machine.alerts()] == ["ACTIVE"]


async def test_a_rule_that_is_not_asked_raises_nothing(
    ask: Ask, machine: Machine
) -> None:
    rule = await machine.rule(window=1, threshold=1, **{"for": 1})
    await machine.see("x")
    await ask(UPDATE, input={"id": rule, "isActive": False})
    await machine.see("xxx", at=10)
    assert await machine.alerts() == []
    await ask(UPDATE, input={"id": rule, "isActive": True})
    await machine.see("x", at=20)
    assert [one["status"] for one in await machine.alerts()] == ["PENDING"]


async def test_a_deleted_rule_is_asked_no_more_and_its_alerts_stay(
    ask: Ask, machine: Machine
) -> None:
    rule = await machine.rule(window=1, threshold=1)
    await machine.see("x")
    deleted = (await ask(DELETE, id=rule))["alertRuleDelete"]["alertRule"]
    assert deleted.pop("deletedAt")
    assert deleted == {"isActive": False, "alerts": {"totalCount": 1}}
    await machine.see(".x", at=1)
    [alert] = await machine.alerts()
    assert (alert["occurrences"], alert["rule"]["id"]) == (1, rule)
    for mutation, given in (
        (DELETE, {"id": rule}),
        (UPDATE, {"input": {"id": rule, "isActive": True}}),
    ):
        [payload] = (await ask(mutation, **given)).values()
        assert errors(payload) == [("CONFLICT", ["id"])]
    live = "{ alertRules(filter: {deletedAt: {isNull: true}}) { totalCount } }"
    assert (await ask(live))["alertRules"]["totalCount"] == 0


async def test_what_was_yet_to_fire_goes_with_its_rule_or_its_analysis(
    ask: Ask, machine: Machine
) -> None:
    rule = await machine.rule(window=1, threshold=1, **{"for": 60})
    await machine.see("x")
    await ask(DELETE, id=rule)
    assert await machine.alerts() == []
    await machine.rule(window=1, threshold=1, **{"for": 60})
    await machine.rule(window=1, threshold=1)
    await machine.see("x")
    assert len(await machine.alerts()) == 2
    await ask(ANALYSIS_DELETE, id=machine.analysis)
    [left] = await machine.alerts()
    assert (left["status"], left["analysis"]) == ("ACTIVE", None)
