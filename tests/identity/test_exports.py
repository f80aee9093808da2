"""All that is kept of somebody, but for secrets."""

from urllib.parse import urlsplit

import httpx
import orjson
import pytest

from db.base import Base
from resolvers.access import Actor
from resolvers.errors import Unauthenticated
from resolvers.identity import erasures, exports
from server.app import create_app
from server.settings import Settings
from tests.identity.conftest import PASSWORD, Client, Log
from tests.identity.leaving import (
    DEACTIVATE,
    THEIRS,
    admin,
    grace,
    id_of,
    owner,
)
from tests.processes import FREELY
from tests.server.clients import serving

__all__ = ["admin", "grace", "owner"]
EXPORT = "mutation { viewerExport { url expiresAt userErrors { code } } }"


async def fetched(client: Client, url: str) -> httpx.Response:
    app = create_app(client.equipment, Settings(**FREELY))
    async with (
        serving(app) as address,
        httpx.AsyncClient(base_url=f"http://{address}", timeout=20) as http,
    ):
        asked = urlsplit(url)
        return await http.get(f"{asked.path}?{asked.query}")


async def test_everything_that_is_kept_of_somebody_is_exported_but_for_secrets(
    admin: Client, grace: Client, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "AT_ONCE", 2)
    monkeypatch.setattr(exports, "LARGE", 2)
    answer = await fetched(grace, (await grace.ask(EXPORT)).payload["url"])
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment")
    rows = [orjson.loads(line) for line in answer.content.splitlines()]
    tables = {one["table"] for one in rows}
    owned = (model.__tablename__ for model in erasures.owned())
    assert tables == {"users", "audit_log", *owned}
    whose = {"users": "id", "audit_log": "actor_id"}
    assert {one[whose.get(one["table"], "owner_id")] for one in rows} == {
        str(owner.user_id)
    }
    assert len([one for one in rows if one["table"] == "file_uploads"]) == 8
    secrets = {
        column.name
        for table in Base.metadata.sorted_tables
        for column in table.c
        if column.info.get("secret")
    }
    assert {"password_hash", "token_hash", "totp_secret", "code_hash"} <= secrets
    assert not {name for one in rows for name in one} & secrets


async def test_an_export_tells_what_somebody_did_when_from_where_and_no_more(
    admin: Client, grace: Client
) -> None:
    await grace.ask("mutation { logout { userErrors { code } } }")
    await grace.log_in(THEIRS)
    answer = await fetched(grace, (await grace.ask(EXPORT)).payload["url"])
    rows = [orjson.loads(line) for line in answer.content.splitlines()]
    done = [one for one in rows if one["table"] == "audit_log"]
    actions = [one["action"] for one in done]
    assert actions == ["signUp", "logout", "login", "viewerExport"]
    assert {(one["ip_address"], one["user_agent"]) for one in done} == {
        ("192.0.2.1", "a test")
    }
    assert {one["status"] for one in done} == {"success"}
    assert not {"payload", "payload_digest", "salt"} & {*done[0]}


async def test_an_export_is_of_whoever_asks_and_of_an_administrator_no_more(
    admin: Client, owner: Actor
) -> None:
    answer = await fetched(admin, (await admin.ask(EXPORT)).payload["url"])
    assert str(owner.user_id) not in answer.text
    assert THEIRS not in answer.text


async def test_a_link_to_an_export_ends_with_the_session(
    admin: Client, grace: Client
) -> None:
    url = (await grace.ask(EXPORT)).payload["url"]
    await admin.ask(DEACTIVATE, id=await id_of(grace))
    assert (await fetched(grace, url)).status_code == 401


async def test_only_a_ticket_fetches_an_export(
    grace: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for other in ("", "x", grace.access or "", grace.refresh_token):
        answer = await fetched(grace, f"http://here/export?ticket={other}")
        assert answer.status_code == 401, other
    monkeypatch.setattr(exports, "LIFETIME", -40.0)
    url = (await grace.ask(EXPORT)).payload["url"]
    assert (await fetched(grace, url)).status_code == 401


async def test_a_ticket_opens_nothing_else(grace: Client) -> None:
    url = (await grace.ask(EXPORT)).payload["url"]
    ticket = urlsplit(url).query.removeprefix("ticket=")
    with pytest.raises(Unauthenticated):
        await grace.authentication.authenticate(f"Bearer {ticket}")


async def test_an_export_is_written_down_and_links_to_where_the_server_says_it_is(
    grace: Client, log: Log
) -> None:
    await log.read()
    url = (await grace.ask(EXPORT)).payload["url"]
    assert url.startswith(f"{grace.equipment.policy.public_url}/export?ticket=")
    assert [one.action for one in await log.read()] == ["viewerExport"]
    assert PASSWORD not in url
