"""API keys: shown once, good for what their owner may, and over when they are over."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest

from db.base import Base, utcnow
from db.models import ApiKey, Session, User
from db.session import Database
from resolvers.access import BaseRole
from resolvers.identity import keytexts
from resolvers.identity.accounts import ROLES
from resolvers.keys import Keys
from schema.ids import spell
from tests.identity.conftest import EMAIL, LOGOUT, Change, Log
from tests.identity.holders import (
    CREATE,
    KEYS,
    REVOKE,
    ROTATE,
    Person,
    ada,
    anew,
    newest,
    opens,
    person,
    stored,
)
from tests.waiting import until_told

__all__ = ["ada"]
REGISTER = """mutation {
  persistedOperationsRegister(input: {documents: "{__typename}"}) {
    userErrors { code field }
  }
}"""


async def test_a_key_asks_in_its_owners_name(ada: Person) -> None:
    given = {"name": " Nightly ", "scopes": ["PREDICT", "PREDICT"], "test": True}
    payload = (await ada.ask(CREATE, i=given)).payload
    key, secret = payload["apiKey"], payload["secret"]
    assert secret.startswith(f"{key['keyPrefix']}_")
    assert key["keyPrefix"].startswith("heliograph_test_")
    assert (secret[-4:], len(secret)) == (key["lastFour"], 74)
    assert (key["name"], key["scopes"]) == ("Nightly", ["PREDICT"])
    assert (key["rateLimit"], key["tier"], key["trustedOnly"]) == (1000, None, False)
    assert (key["isActive"], key["owner"]) == (True, {"email": EMAIL})
    assert await opens(ada.program(secret))


async def test_what_is_kept_of_a_key_is_not_the_key(
    ada: Person, database: Database, log: Log
) -> None:
    first = await ada.key("PREDICT", idempotencyKey="once")
    id_ = await newest(ada)
    second = (await ada.ask(ROTATE, i={"id": id_})).payload["secret"]
    await ada.program(second).ask(REGISTER)
    kept = await dump(database)
    for text in (first, second):
        prefix, _, secret = text.rpartition("_")
        assert prefix in kept
        for part in (text, secret, secret[:-6], secret[:12], secret[-18:-6]):
            assert part not in kept
    assert second not in repr(await log.read())


async def dump(database: Database) -> str:
    """All that is in the database, as text."""
    told: list[str] = []
    async with database.read() as session:
        for table in Base.metadata.sorted_tables:
            rows = await session.execute(table.select())
            told += [repr(tuple(row)) for row in rows]
    return "\n".join(told)


async def test_a_key_is_not_shown_again_under_its_idempotency_key(ada: Person) -> None:
    given = {"name": "Nightly", "scopes": [], "idempotencyKey": "once"}
    first, again = [(await ada.ask(CREATE, i=given)).payload for _ in range(2)]
    assert first["secret"]
    assert (again["secret"], again["idempotencyReplayed"]) == (None, True)
    assert again["apiKey"] == first["apiKey"]
    assert (await ada.ask(KEYS)).payload["apiKeys"]["totalCount"] == 1


async def test_any_letter_that_is_wrong_is_found_before_the_database_is_asked(
    ada: Person, statements: list[str]
) -> None:
    key = await ada.key()
    statements.clear()
    other = {"0": "1"}
    for place in range(len("heliograph_"), len(key)):
        wrong = key[:place] + other.get(key[place], "0") + key[place + 1 :]
        assert not await opens(ada.program(wrong)), wrong
    for wrong in (key[:-1], f"{key}0", key.upper(), key.replace("_live", "_test")):
        assert not await opens(ada.program(wrong)), wrong
    assert statements == []


async def test_whoever_knows_a_keys_beginning_has_not_the_key(
    ada: Person, log: Log
) -> None:
    prefix = (await ada.key()).rpartition("_")[0]
    await log.read()
    guess = keytexts.made(ada.equipment.keys, prefix, keytexts.secret()).text
    assert not await opens(ada.program(guess))
    assert await log.read() == []


async def test_a_key_may_do_no_more_than_its_owner(ada: Person, change: Change) -> None:
    given = {"name": "x", "scopes": ["REVIVE_MODELS"]}
    assert (await ada.ask(CREATE, i=given)).refused == [("INVALID", ["scopes"])]
    key = await ada.key("EDIT_DOCUMENTS")
    assert (await ada.program(key).ask(REGISTER)).refused == []
    assert (await ada.program(await ada.key()).ask(REGISTER)).codes == ["FORBIDDEN"]
    await change(User, role_id=ROLES[BaseRole.VIEWER])
    assert (await anew(ada.program(key)).ask(REGISTER)).codes == ["FORBIDDEN"]


async def test_a_key_sees_what_its_owner_sees(ada: Person) -> None:
    await ada.ask(REGISTER)
    asked = "{ persistedOperations { totalCount } viewer { email } }"
    program = ada.program(await ada.key())
    assert (await program.ask(asked)).data == (await ada.ask(asked)).data
    stranger = await person(ada, "charles@example.org")
    other = ada.program(await stranger.key())
    assert (await other.ask(asked)).data["persistedOperations"]["totalCount"] == 0


async def test_a_key_does_nothing_that_takes_a_person(ada: Person) -> None:
    program = ada.program(await ada.key(*(await ada.me())["permissions"]))
    mine = {"id": await newest(ada)}
    asked = [(CREATE, {"name": "x", "scopes": []}), (ROTATE, mine), (REVOKE, mine)]
    for text, given in asked:
        assert (await program.ask(text, i=given)).codes == ["FORBIDDEN"]
    assert (await program.ask(LOGOUT)).codes == ["BAD_REQUEST"]


async def test_a_key_is_made_by_who_has_just_shown_who_they_are(
    ada: Person, change: Change
) -> None:
    await change(Session, proved_at=utcnow() - timedelta(minutes=11))
    answer = await ada.ask(CREATE, i={"name": "x", "scopes": []})
    assert answer.refused == [("STEP_UP_REQUIRED", [])]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "name"),
    ({"name": "x" * 256}, "name"),
    ({"rateLimit": 0}, "rateLimit"),
    ({"rateLimit": 1_000_001}, "rateLimit"),
    ({"tier": "PRO"}, "tier"),
    ({"expiresAt": "2026-01-01T00:00:00Z"}, "expiresAt"),
    ({"expiresAt": (utcnow() + timedelta(days=366)).isoformat()}, "expiresAt"),
]


@pytest.mark.parametrize(("given", "field"), WRONG)
async def test_what_a_key_cannot_be_is_refused(
    ada: Person, given: dict[str, Any], field: str
) -> None:
    answer = await ada.ask(CREATE, i={"name": "x", "scopes": [], **given})
    assert answer.refused == [("INVALID", [field])]
    assert answer.payload["secret"] is None


async def test_a_key_ends_in_ninety_days_if_nothing_is_said(
    ada: Person, database: Database
) -> None:
    kept = await stored(database, await ada.key())
    left = kept.expires_at - utcnow()
    assert timedelta(days=89, hours=23) < left <= timedelta(days=90)


async def test_a_user_has_so_many_keys_that_open(
    ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resolvers.identity.apikeys.MOST", 3)

    async def make() -> bool:
        answer = await ada.ask(CREATE, i={"name": "x", "scopes": []})
        return bool(answer.data) and answer.refused == []

    async with asyncio.timeout(30):
        made = await asyncio.gather(*(make() for _ in range(8)))
    assert made.count(True) == 3
    await ada.ask(REVOKE, i={"id": await newest(ada)})
    assert await make()


async def test_a_key_that_is_used_again_costs_no_statement(
    ada: Person, statements: list[str]
) -> None:
    bearer = f"Bearer {await ada.key()}"
    await ada.authentication.authenticate(bearer)
    statements.clear()
    for _ in range(10):
        await ada.authentication.authenticate(bearer)
    assert len(statements) <= 1
    principal = ada.authentication.at_once(bearer)
    assert principal
    assert (principal.rate_limit, principal.trusted_only) == (1000, False)


async def test_when_a_key_was_used_is_told_and_changes_nothing_else(
    ada: Person, database: Database, log: Log
) -> None:
    key = await ada.key()
    before = await stored(database, key)
    await log.read()
    assert await opens(ada.program(key))

    async def used() -> Any:
        return (await stored(database, key)).last_used_at

    await until_told(used, 10)
    after = await stored(database, key)
    assert (after.version, after.updated_at) == (before.version, before.updated_at)
    assert await log.read() == []


async def test_a_key_that_is_used_outlives_the_servers_secret(
    ada: Person, database: Database
) -> None:
    used, idle = await ada.key(), await ada.key()
    before, secret = await stored(database, used), ada.equipment.keys.secret

    async def renewed() -> bool:
        return (await stored(database, used)).key_hash != before.key_hash

    async def at(keys: Keys, key: str) -> bool:
        equipment = replace(ada.equipment, keys=keys)
        return await opens(anew(Person(equipment, ada.authentication, access=key)))

    assert await at(Keys(b"another" * 5, b"pepper" * 6, secret), used)
    await until_told(renewed, 10)
    new = Keys(b"another" * 5, b"pepper" * 6)
    assert [await at(new, one) for one in (used, idle)] == [True, False]


async def test_the_log_says_by_which_key_something_was_done(
    ada: Person, database: Database, log: Log
) -> None:
    key = await ada.key("EDIT_DOCUMENTS")
    await log.read()
    await ada.program(key).ask(REGISTER)
    [entry] = await log.read()
    kept = await stored(database, key)
    assert (entry.actor_id, entry.actor_kind) == (kept.owner_id, "api_key")
    assert entry.payload["key"] == {"id": spell(kept), "prefix": kept.key_prefix}
    assert orjson.dumps(entry.payload)


async def test_of_a_tier_a_key_has_no_more_than_its_owner(
    ada: Person, change: Change
) -> None:
    bearer = f"Bearer {await ada.key()}"
    for ceiling, tier, has in (
        ("pro", "free", "free"),
        ("pro", "team", "pro"),
        (None, "team", "team"),
    ):
        await change(ApiKey, tier=ceiling)
        await change(User, tier=tier)
        who = await anew(ada).authentication.authenticate(bearer)
        assert who.tier == has


async def test_nobody_sees_or_ends_the_keys_of_another(ada: Person) -> None:
    await ada.key()
    id_ = await newest(ada)
    other = await person(ada, "charles@example.org")
    assert (await other.ask(KEYS)).payload["apiKeys"]["totalCount"] == 0
    node = "query ($id: ID!) { node(id: $id) { id } }"
    assert (await other.ask(node, id=id_)).payload is None
    for text in (REVOKE, ROTATE):
        assert (await other.ask(text, i={"id": id_})).refused == [("NOT_FOUND", ["id"])]
