"""An entry is found by whatever is known of it."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from resolvers.access import Actor, Permission
from resolvers.audit import entries
from resolvers.context import Context
from resolvers.monitoring import alerts
from resolvers.writes import Origin
from schema import schema
from schema.ids import spell
from tests.audit.conftest import LENGTH
from tests.conftest import As, Ask, Save, Someone
from tests.factories import a_dataset, a_rule, an_alert

FIND = """query ($filter: AuditEntryFilter) {
  auditLog(filter: $filter) { nodes { seq action } }
}"""
ACKNOWLEDGE = """mutation ($id: ID!) {
  alertAcknowledge(input: {id: $id}) { userErrors { code } }
}"""
EXPORT = "mutation { auditExport(input: {}) { path userErrors { code } } }"
LOOKED_FOR: tuple[tuple[dict[str, Any], list[int]], ...] = (
    ({"seq": {"eq": "2"}}, [2]),
    ({"seq": {"gte": "3", "lt": "5"}}, [3, 4]),
    ({"seq": {"eq": "9000000000"}}, []),
    ({"requestId": {"eq": "a-request"}}, [*range(1, LENGTH + 1)]),
    ({"requestId": {"in": ["another", "third"]}}, [LENGTH + 1]),
    ({"actorKind": {"eq": "API_KEY"}}, [LENGTH + 1]),
    ({"ipAddress": {"eq": "192.0.2.7"}}, [LENGTH + 1]),
)


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize("compiles", [True, False])
async def test_an_entry_is_found_by_what_is_known_of_it(
    as_: As,
    analyst: Actor,
    compiles: bool,  # noqa: FBT001
) -> None:
    by_key = as_(replace(analyst, key_id=analyst.user_id))
    async with by_key.transaction() as write:
        write.origin = Origin("another", "192.0.2.7", "curl")
        await entries.append(write, "predict")
    for given, seqs in LOOKED_FOR:
        context = as_(compiles=compiles)
        result = await schema.execute(FIND, {"filter": given}, context)
        assert not result.errors, (given, result.errors)
        found = orjson.loads(orjson.dumps(result.data))["auditLog"]["nodes"]
        assert sorted(int(one["seq"]) for one in found) == seqs, given


async def test_a_number_that_no_entry_can_have_is_refused(as_: As) -> None:
    given = {"filter": {"seq": {"eq": str(2**63)}}}
    result = await schema.execute(FIND, given, as_())
    [error] = result.errors or []
    assert "a BigInt has 64 bits at most" in error.message


async def test_the_entry_of_a_fault_is_found_by_its_reference(
    as_: As,
    ask: Ask,
    save: Save,
    analyst: Actor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def broken(*_: Any) -> None:
        raise ZeroDivisionError

    alert = await save(an_alert(await save(a_rule(await save(a_dataset(analyst))))))
    monkeypatch.setattr(alerts, "acknowledge", broken)
    context: Context = replace(as_(), origin=Origin("request-77"))
    result = await schema.execute(ACKNOWLEDGE, {"id": spell(alert)}, context)
    [error] = result.errors or []
    reference = (error.extensions or {})["reference"]
    found = await ask(FIND, filter={"requestId": {"eq": reference}})
    assert found["auditLog"]["nodes"] == [{"seq": "1", "action": "alertAcknowledge"}]


async def test_what_was_refused_is_found_by_the_digits_of_an_id(
    ask: Ask, save: Save, analyst: Actor, someone: Someone
) -> None:
    theirs = await save(a_dataset(await someone()))
    alert = await save(an_alert(await save(a_rule(theirs))))
    await ask(ACKNOWLEDGE, id=spell(alert))
    found = await ask(FIND, filter={"search": {"words": alert.id.hex}})
    assert len(found["auditLog"]["nodes"]) == 1


async def test_whoever_sees_their_own_entries_alone_takes_nobodys_away(
    as_: As, analyst: Actor
) -> None:
    """Whatever they are permitted: a role permits, and shows nothing."""
    granted = analyst.permissions | {Permission.EXPORT_AUDIT}
    result = await schema.execute(
        EXPORT, context_value=as_(replace(analyst, granted=granted))
    )
    [error] = result.errors or []
    assert error.extensions == {"code": "FORBIDDEN"}
    assert "takes an administrator" in error.message
