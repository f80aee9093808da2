"""The log is taken away over HTTP, by administrators who just showed who they are."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from db.base import utcnow
from resolvers import evidence
from resolvers.access import Actor, BaseRole
from resolvers.audit import entries, reading
from resolvers.equipment import Equipment
from resolvers.identity import tokens
from server.app import create_app
from server.settings import Settings
from tests.audit.conftest import Chain
from tests.conftest import As, Save, Someone
from tests.factories import a_session
from tests.processes import FREELY
from tests.server.clients import serving

EXPORT = """mutation ($from: Int, $to: Int) {
  auditExport(input: {from: $from, to: $to}) {
    path firstSeq lastSeq userErrors { code message field }
  }
}"""


@pytest.fixture
async def url(equipment: Equipment, as_: As) -> AsyncIterator[str]:
    """A server, whose log has three entries."""
    for _ in range(3):
        async with as_().transaction() as write:
            await entries.append(write, "jobCancel")
    async with serving(create_app(equipment, Settings(**FREELY))) as address:
        yield f"http://{address}"


class Client:
    """Somebody who is signed in."""

    def __init__(self, equipment: Equipment, url: str, session: Any) -> None:
        claims = tokens.Claims(session.owner_id, session.id, 1, tokens.expiry(600))
        self._signed = f"Bearer {tokens.access(equipment.keys, claims)}"
        self._url = url

    async def export(self, **given: int) -> Any:
        asked = {"query": EXPORT, "variables": given}
        answer = (await self._asked("POST", "/graphql", json=asked)).json()
        return (answer["data"] or {}).get("auditExport") or answer["errors"][0]

    async def get(self, path: str) -> httpx.Response:
        return await self._asked("GET", path)

    async def _asked(self, method: str, path: str, **given: Any) -> httpx.Response:
        headers = {"authorization": self._signed}
        async with httpx.AsyncClient(base_url=self._url, timeout=20) as client:
            return await client.request(method, path, headers=headers, **given)


@pytest.fixture
def client(equipment: Equipment, url: str, save: Save, someone: Someone) -> Any:
    async def client(role: BaseRole = BaseRole.ADMIN, *, proved: bool = True) -> Client:
        actor: Actor = await someone(role)
        when = utcnow() if proved else None
        session = await save(a_session(actor, proved_at=when))
        return Client(equipment, url, session)

    return client


async def test_an_administrator_takes_the_log_away(
    client: Any, equipment: Equipment, chain: Chain
) -> None:
    admin = await client()
    made = await admin.export(to=3)
    assert made["userErrors"] == []
    assert (made["firstSeq"], made["lastSeq"]) == ("1", "3")
    answer = await admin.get(made["path"])
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert "audit-1-3.jsonl" in answer.headers["content-disposition"]
    lines = answer.content.splitlines(keepends=True)
    found = reading.examined(lines, equipment.notary.public_key)
    assert (found.verdict.damage, found.verdict.checked) == (None, 3)
    assert (await chain())[-1].payload["exported"] == {"first": "1", "last": "3"}


async def test_it_takes_a_proof_and_the_permission(client: Any) -> None:
    refused = await (await client(proved=False)).export()
    assert refused["userErrors"][0]["code"] == "STEP_UP_REQUIRED"
    for role in (BaseRole.USER, BaseRole.VIEWER):
        denied = await (await client(role)).export()
        assert denied["extensions"]["code"] == "FORBIDDEN"


async def test_there_must_be_such_entries(client: Any) -> None:
    admin = await client()
    for given in ({"from": 9}, {"from": 3, "to": 2}, {"to": -1}, {"from": -1, "to": 1}):
        [error] = (await admin.export(**given))["userErrors"]
        assert (error["code"], error["field"]) == ("INVALID", ["from"])
        assert "those there are go from 1 to" in error["message"]


async def test_an_export_is_of_whoever_asked_for_it(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin, other = await client(), await client()
    path: str = (await admin.export(to=2))["path"]
    changed = (
        path.replace("1-2", "1-3"),
        path[:-1],
        f"{path}%C3%A9",
        path.replace("until=1", "until=2"),
    )
    for wrong in changed:
        assert (await admin.get(wrong)).status_code == 403
    assert (await other.get(path)).status_code == 403
    for wrong in (
        "/audit/exports/x",
        "/audit/exports/1-2.jsonl",
        path.partition("&")[0],
    ):
        assert (await admin.get(wrong)).status_code in {403, 404}
    later = utcnow() + evidence.LASTS + timedelta(seconds=1)
    monkeypatch.setattr(evidence, "utcnow", lambda: later)
    assert (await admin.get(path)).status_code == 403


async def test_anybody_is_told_the_key(url: str, equipment: Equipment) -> None:
    async with httpx.AsyncClient(base_url=url, timeout=20) as stranger:
        said = (await stranger.get("/audit/key")).json()
    key = equipment.notary.public_key
    assert said == {"algorithm": "Ed25519", "publicKey": key}
