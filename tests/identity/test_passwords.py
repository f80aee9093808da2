"""Passwords: changed, brought along from elsewhere, and what they have to be."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import bcrypt
import pytest

from db.base import utcnow
from db.models import Session, User
from db.session import Database
from resolvers.access import SYSTEM, BaseRole, visible
from resolvers.context import Context
from resolvers.errors import Busy, Invalid
from resolvers.identity import accounts, blocklist, rules
from resolvers.identity.accounts import ROLES
from resolvers.passwords import WAITING, Passwords
from resolvers.policy import Policy
from tests.conftest import Save
from tests.identity.conftest import EMAIL, PASSWORD, VIEWER, Change, Client, Log
from tests.identity.mailing import letters

NEW = "looms punch cards again"
WRONG = "machines weave algebra"
CHANGE = """mutation ($input: PasswordChangeInput!) { passwordChange(input: $input) {
  tokens { accessToken refreshToken } userErrors { code field }
} }"""


async def change_to(client: Client, password: str, **more: Any) -> Any:
    answer = await client.ask(CHANGE, input={"password": password, **more})
    if answer.data and (tokens := answer.payload["tokens"]):
        client.access = tokens["accessToken"]
        client.refresh_token = tokens["refreshToken"]
    return answer


async def hash_in(database: Database) -> str:
    async with database.read() as session:
        user = (await session.scalars(visible(SYSTEM, User))).one()
    assert user.password_hash
    return user.password_hash


async def test_whoever_changes_their_password_stays_and_nobody_else(
    client: Client,
) -> None:
    await client.sign_up()
    other = client.another()
    await other.log_in()
    old = client.access, client.refresh_token
    assert (await change_to(client, NEW)).refused == []
    client.authentication = type(client.authentication)(client.equipment)
    assert (await client.ask(VIEWER)).payload == {"email": EMAIL}
    assert (await client.refresh()).refused == []
    for access, refresh in (old, (other.access, other.refresh_token)):
        gone = replace(client, access=access, refresh_token=refresh)
        assert (await gone.refresh()).codes == ["UNAUTHENTICATED"]
        with pytest.raises(Exception, match="this session has ended"):
            await gone.ask(VIEWER)
    assert (await client.another().log_in()).refused == [("INVALID", [])]
    assert (await client.another().log_in(password=NEW)).refused == []
    assert letters(client)[-1].subject == "Your password was changed"


async def test_without_a_fresh_proof_the_present_password_is_asked_for(
    client: Client, change: Change
) -> None:
    await client.sign_up()
    await change(Session, proved_at=utcnow() - timedelta(minutes=11))
    refused = (await change_to(client, NEW)).refused
    assert [code for code, _ in refused] == ["STEP_UP_REQUIRED"]
    answer = await change_to(client, NEW, currentPassword=WRONG)
    assert answer.refused == [("INVALID", ["currentPassword"])]
    assert (await change_to(client, NEW, currentPassword=PASSWORD)).refused == []


async def test_after_wrong_present_passwords_there_is_a_wait_and_others_may_log_in(
    client: Client, log: Log
) -> None:
    await client.sign_up()
    await log.read()
    for _ in range(5):
        await change_to(client, NEW, currentPassword=WRONG)
    assert (await change_to(client, NEW, currentPassword=PASSWORD)).codes == [
        "RATE_LIMITED"
    ]
    assert (await client.another().log_in()).codes == []
    entries = await log.read()
    assert [one.action for one in entries] == ["passwordChange"] * 5 + ["login"]
    assert WRONG not in json.dumps([one.payload for one in entries])


async def test_of_passwords_tried_at_a_time_a_right_one_comes_too_late(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    await client.sign_up()
    check = rules.check_for

    async def meanwhile(*given: Any) -> None:
        for _ in range(5):
            await change_to(client, NEW, currentPassword=WRONG)
        await check(*given)

    monkeypatch.setattr(rules, "check_for", meanwhile)
    answer = await change_to(client, NEW, currentPassword=PASSWORD)
    assert answer.codes == ["RATE_LIMITED"]
    monkeypatch.undo()
    assert (await client.another().log_in()).refused == []


@pytest.mark.parametrize(
    "password", ["eleven sign", "password1234", "x" * 129, "ada" * 5]
)
async def test_a_new_password_has_to_be_as_good_as_the_first(
    client: Client, password: str
) -> None:
    await client.sign_up()
    answer = await change_to(client, password)
    assert answer.refused == [("INVALID", ["password"])]


def test_with_a_second_factor_a_password_may_be_shorter_and_an_admins_is_longer() -> (
    None
):
    policy = Policy()
    assert rules.minimum(policy, BaseRole.USER) == 12
    assert rules.minimum(policy, BaseRole.ADMIN) == 15
    assert rules.minimum(policy, BaseRole.ADMIN, second=True) == 8
    stricter = Policy(password_minimum=20)
    assert rules.minimum(stricter, BaseRole.ADMIN) == 20


async def test_an_administrators_password_has_fifteen_characters(
    client: Client,
) -> None:
    context = Context(client.equipment, SYSTEM)
    with pytest.raises(Invalid, match="from 15 to 128"):
        await accounts.create_admin(context, EMAIL, "fourteen signs")
    await accounts.create_admin(context, EMAIL, "fifteen signs !")
    assert (await client.log_in(password="fifteen signs !")).refused == []  # noqa: S106  nobody's


@pytest.mark.parametrize("password", ["password", "12345678", "qwertyuiop", "iloveyou"])
def test_what_is_tried_first_is_refused_at_any_length(password: str) -> None:
    with pytest.raises(Invalid, match="tried first"):
        rules.check(password, rules.SECOND)


def test_the_blocklist_has_nothing_that_no_rule_would_let_pass() -> None:
    assert min(map(len, blocklist.COMMON)) >= rules.SECOND
    assert all(word == word.casefold() for word in blocklist.COMMON)


def imported(password: bytes, prefix: bytes) -> str:
    """A hash as another program made it, with little effort."""
    made = bcrypt.hashpw(password[:72], bcrypt.gensalt(4))
    return made.replace(b"$2b$", prefix, 1).decode()


@pytest.mark.parametrize("prefix", [b"$2a$", b"$2b$", b"$2y$"])
async def test_a_password_hashed_by_bcrypt_is_hashed_anew_at_its_first_login(
    client: Client, change: Change, database: Database, log: Log, prefix: bytes
) -> None:
    await client.sign_up()
    await change(User, password_hash=imported(PASSWORD.encode(), prefix))
    assert (await client.another().log_in(password=WRONG)).refused == [("INVALID", [])]
    assert (await hash_in(database)).startswith(prefix.decode())
    await log.read()
    assert (await client.another().log_in()).refused == []
    assert (await hash_in(database)).startswith("$argon2id$")
    [entry] = await log.read()
    assert "password_hash" in json.dumps(entry.payload)
    assert (await client.another().log_in()).refused == []


async def test_of_a_long_password_bcrypt_saw_72_bytes_and_what_follows_counts_again(
    client: Client, change: Change
) -> None:
    await client.sign_up()
    whole = "ü" * 40 + "long"
    await change(User, password_hash=imported(whole.encode(), b"$2b$"))
    assert (await client.another().log_in(password=whole)).refused == []
    other = "ü" * 40 + "else"
    assert (await client.another().log_in(password=other)).refused == [("INVALID", [])]


@pytest.mark.parametrize(
    "stored", ["$2b$04$short", "$2b$04$" + "z" * 53, "$2b$31$" + "." * 53, "md5", ""]
)
async def test_a_hash_that_is_none_lets_nobody_in(
    client: Client, change: Change, stored: str
) -> None:
    await client.sign_up()
    await change(User, password_hash=stored)
    assert (await client.another().log_in()).refused == [("INVALID", [])]


async def test_of_parallel_first_logins_with_an_imported_hash_all_succeed(
    client: Client, save: Save
) -> None:
    role, hash_ = ROLES[BaseRole.USER], imported(PASSWORD.encode(), b"$2b$")
    await save(User(email=EMAIL, role_id=role, password_hash=hash_))
    async with asyncio.timeout(60):
        tries = await asyncio.gather(*(client.another().log_in() for _ in range(8)))
    assert [one.refused for one in tries] == [[]] * 8


async def test_when_too_many_passwords_wait_the_server_is_busy() -> None:
    passwords = Passwords(b"pepper" * 6)
    try:
        async with asyncio.timeout(60):
            tries = await asyncio.gather(
                *(passwords.hashed(PASSWORD) for _ in range(WAITING + 6)),
                return_exceptions=True,
            )
    finally:
        passwords.close()
    assert sum(isinstance(one, Busy) for one in tries) == 6
