"""Profiles: what people are called, and what they choose for themselves."""

from typing import Any

import pytest

from db.models import Outcome
from tests.identity.conftest import Answer, Client, Log
from tests.identity.holders import Person, ada, administrator

__all__ = ["ada", "administrator"]
UPDATE = """mutation ($input: ViewerUpdateInput!) { viewerUpdate(input: $input) {
  user { fullName settings version } userErrors { code field }
} }"""
MINE = "{ viewer { fullName settings version } }"


async def updated(client: Client, **given: Any) -> Answer:
    return await client.ask(UPDATE, input=given)


async def mine(client: Client) -> dict[str, Any]:
    return (await client.ask(MINE)).payload


async def test_people_change_what_they_are_called(client: Client, log: Log) -> None:
    await client.sign_up(fullName="Ada Byron")
    await log.read()
    answer = await updated(client, fullName="  Ada Lovelace ")
    assert answer.payload["user"]["fullName"] == "Ada Lovelace"
    [entry] = await log.read()
    assert (entry.action, entry.entity) == ("viewerUpdate", "User")
    [changes] = entry.payload.values()
    assert changes["full_name"] == ["Ada Byron", "Ada Lovelace"]
    await updated(client, fullName=None)
    assert (await mine(client))["fullName"] is None


async def test_settings_are_replaced_whole_and_what_is_not_given_stays(
    client: Client,
) -> None:
    await client.sign_up(fullName="Ada")
    assert (await mine(client))["settings"] == {}
    await updated(client, settings={"theme": "dark", "rows": [1, {"a": None}]})
    await updated(client, settings={"theme": "light"})
    told = await mine(client)
    assert (told["fullName"], told["settings"]) == ("Ada", {"theme": "light"})
    await updated(client, settings=None)
    assert (await mine(client))["settings"] == {}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"fullName": "Ada\nLovelace"}, "fullName"),
        ({"fullName": "A" * 256}, "fullName"),
        ({"settings": ["dark"]}, "settings"),
        ({"settings": "dark"}, "settings"),
        ({"settings": {"theme": "d" * 16 * 1024}}, "settings"),
    ],
)
async def test_what_cannot_be_kept_is_refused_and_changes_nothing(
    client: Client, log: Log, given: dict[str, Any], field: str
) -> None:
    await client.sign_up(fullName="Ada")
    before = await mine(client)
    assert (await updated(client, **given)).refused == [("INVALID", [field])]
    assert await mine(client) == before
    assert (await log.read())[-1].status is Outcome.FAILURE


async def test_settings_have_sixteen_kibibytes(client: Client) -> None:
    await client.sign_up()
    most = {"a": "d" * (16 * 1024 - len('{"a":""}'))}
    assert (await updated(client, settings=most)).refused == []
    assert (await mine(client))["settings"] == most


async def test_a_profile_that_was_changed_meanwhile_is_not_overwritten(
    client: Client,
) -> None:
    await client.sign_up()
    version = (await mine(client))["version"]
    await client.log_in()
    assert (await mine(client))["version"] == version
    given = {"fullName": "Ada", "expectedVersion": version}
    assert (await updated(client, **given)).refused == []
    answer = await updated(client, **given | {"fullName": "Countess"})
    assert answer.refused == [("CONFLICT", ["expectedVersion"])]


async def test_an_api_key_changes_nobodys_profile(ada: Person) -> None:
    program = ada.program(await ada.key("EDIT_MODELS"))
    assert (await updated(program, fullName="Eve")).codes == ["FORBIDDEN"]
    assert (await updated(ada.another(), fullName="Eve")).codes == ["UNAUTHENTICATED"]
