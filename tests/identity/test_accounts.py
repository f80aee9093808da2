"""Accounts, as those see it who make one."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from db.models import User
from db.session import Database
from resolvers.access import ANONYMOUS, SYSTEM, visible
from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.errors import Conflict, Invalid
from resolvers.identity import accounts, addresses
from resolvers.policy import Policy
from schema import schema
from tests.identity.conftest import EMAIL, PASSWORD, VIEWER, Client, Log

MORE = """mutation ($input: SignUpInput!) { signUp(input: $input) {
  user { id isActive emailVerified lastLogin permissions
    sessions { totalCount nodes { isCurrent userAgent address } } }
} }"""


async def accounts_in(database: Database) -> list[User]:
    async with database.read() as session:
        return [*await session.scalars(visible(SYSTEM, User))]


async def test_whoever_signs_up_is_signed_in(client: Client) -> None:
    answer = await client.sign_up(fullName=" Ada Lovelace ")

    user = {"email": EMAIL, "fullName": "Ada Lovelace", "role": {"name": "user"}}
    assert answer.payload["user"] == user
    assert answer.payload["userErrors"] == []
    assert (await client.ask(VIEWER)).payload == {"email": EMAIL}


async def test_a_new_account_may_work_with_data_and_has_one_session(
    client: Client,
) -> None:
    given = {"email": EMAIL, "password": PASSWORD}
    user = (await client.ask(MORE, input=given)).payload["user"]
    assert (user["isActive"], user["emailVerified"]) == (True, False)
    assert user["lastLogin"]
    assert "EDIT_DATASETS" in user["permissions"]
    session = {"isCurrent": True, "userAgent": "a test", "address": "192.0.2.1"}
    assert user["sessions"] == {"totalCount": 1, "nodes": [session]}


async def test_a_stranger_is_no_viewer(client: Client) -> None:
    answer = await client.ask(VIEWER)
    assert (answer.data, answer.codes) == ({"viewer": None}, [])


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Ada@EXAMPLE.Org ", "Ada@example.org"),
        ("ada+lists@example.org", "ada+lists@example.org"),
        ("ada@EXÄMPLE.org", "ada@exämple.org"),
        ("ada@xn--exmple-cua.org", "ada@exämple.org"),
        ("A\u0308da@example.org", "äda@example.org"),
    ],
)
def test_an_address_has_one_spelling(typed: str, kept: str) -> None:
    assert addresses.normal(typed) == kept
    assert addresses.normal(kept) == kept
    assert addresses.compared(typed) == addresses.compared(kept)


@given(st.emails())
def test_the_case_of_an_address_does_not_matter(address: str) -> None:
    try:
        kept = addresses.normal(address)
    except Invalid:
        return
    assert addresses.compared(address.swapcase()) == addresses.compared(kept)
    assert addresses.normal(kept) == kept


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ada",
        "ada@",
        "@example.org",
        "ada@example.org\r\nBcc: all@example.org",
        "ada@example.org\r\n",
        "ada\n@example.org",
        "Ada <ada@example.org>",
        "ada@[192.0.2.1]",
        '"ada lovelace"@example.org',
        "ada@example..org",
        "ada\u202e@example.org",
        f"{'a' * 250}@example.org",
    ],
)
async def test_what_is_no_address_is_refused(client: Client, email: str) -> None:
    answer = await client.sign_up(email)
    assert answer.refused == [("INVALID", ["email"])]


@pytest.mark.parametrize(
    "password",
    [
        "",
        "eleven sign",
        "x" * 129,
        "password1234",
        "PassWord1234",
        "zzzzzzzzzzzzzz",
        "ada.lovelace1",
        "Lovelace-example",
    ],
)
async def test_a_password_that_is_easily_guessed_is_refused(
    client: Client, password: str
) -> None:
    email = "ada.lovelace@example.org"
    answer = await client.sign_up(email, password, fullName="Ada Lovelace")
    assert answer.refused == [("INVALID", ["password"])]


async def test_a_password_is_counted_in_characters_and_composed(client: Client) -> None:
    await client.sign_up(password="u\u0308" * 3 + "🛰" * 125)
    answer = await client.log_in(password="ü" * 3 + "🛰" * 125)
    assert answer.payload["userErrors"] == []


@pytest.mark.parametrize("name", ["x" * 256, "Ada\nLovelace", "Ada\x1b[31m"])
async def test_a_name_is_one_line(client: Client, name: str) -> None:
    answer = await client.sign_up(fullName=name)
    assert answer.refused == [("INVALID", ["fullName"])]


@pytest.mark.parametrize("field", ["role", "roleId", "isActive", "emailVerified", "id"])
async def test_nobody_chooses_what_is_not_theirs_to_choose(
    client: Client, field: str
) -> None:
    answer = await client.sign_up(**{field: "admin"})
    assert (answer.data, answer.codes) == (None, ["BAD_REQUEST"])


async def test_an_address_is_taken_once(client: Client, log: Log) -> None:
    await client.sign_up()
    answer = await client.another().sign_up(EMAIL.upper())
    assert answer.refused == [("CONFLICT", ["email"])]
    assert [one.status for one in await log.read()] == ["success", "failure"]


@pytest.mark.parametrize(
    "twins",
    [
        ("ada@example.org", "ADA@example.org"),
        ("åda@example.org", "Åda@example.org", "a\u030ada@example.org"),
        ("ada@exämple.org", "ada@EXÄMPLE.org", "ada@xn--exmple-cua.org"),
    ],
)
async def test_of_parallel_sign_ups_with_one_address_one_makes_an_account(
    client: Client, database: Database, twins: tuple[str, ...]
) -> None:
    async with asyncio.timeout(30):
        answers = await asyncio.gather(
            *(client.another().sign_up(email) for email in twins * 4)
        )

    refused = [answer.refused for answer in answers if answer.refused]
    assert refused == [[("CONFLICT", ["email"])]] * (len(twins) * 4 - 1)
    assert len(await accounts_in(database)) == 1


async def test_while_a_password_is_hashed_others_write(
    client: Client, database: Database
) -> None:
    begun, done = asyncio.Event(), asyncio.Event()

    class Slow:
        async def hashed(self, _: str) -> str:
            begun.set()
            await done.wait()
            return "$argon2id$"

    slow: Any = Slow()
    client.equipment = replace(client.equipment, passwords=slow)
    signing_up = asyncio.ensure_future(client.sign_up())
    async with asyncio.timeout(10):
        await begun.wait()
        async with database.write.begin() as session:
            await session.execute(sa.update(User).values(is_active=True))
        done.set()
        assert (await signing_up).payload["userErrors"] == []


async def test_whoever_runs_the_server_may_keep_strangers_out(
    client: Client, database: Database
) -> None:
    closed = Policy(sign_up=False)
    client.equipment = replace(client.equipment, policy=closed)
    assert (await client.sign_up()).codes == ["FORBIDDEN"]
    assert await accounts_in(database) == []


async def test_an_administrator_is_made_by_whoever_runs_the_server(
    client: Client, place: Equipment, log: Log
) -> None:
    context = Context(place, ANONYMOUS)
    await accounts.create_admin(context, EMAIL, PASSWORD)
    with pytest.raises(Conflict):
        await accounts.create_admin(context, EMAIL.title(), PASSWORD)
    with pytest.raises(Invalid):
        await accounts.create_admin(context, "root@example.org", "short")

    [entry] = await log.read()
    assert (entry.action, entry.actor_kind) == ("userCreateAdmin", "system")
    await client.log_in()
    viewer = await client.ask("{ viewer { role { name } } }")
    assert viewer.payload == {"role": {"name": "admin"}}


def test_no_type_shows_a_secret() -> None:
    text = schema.as_str().lower()
    for word in ("passwordhash", "hashed", "tokenhash", "pepper", "tokenversion"):
        assert word not in text


async def test_the_viewer_is_read_with_their_role_and_sessions_in_one_statement(
    client: Client, statements: list[str]
) -> None:
    await client.sign_up()
    asked = "{ viewer { email role { name } sessions { nodes { lastUsed } } } }"
    await client.ask(asked)
    statements.clear()
    viewer = (await client.ask(asked)).payload
    assert viewer["role"] == {"name": "user"}
    assert len(viewer["sessions"]["nodes"]) == len(statements) == 1
