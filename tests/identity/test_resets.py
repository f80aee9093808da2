"""Passwords that were forgotten."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from db.base import utcnow
from db.models import OneTimeToken, User
from db.session import Database
from resolvers.access import SYSTEM, visible
from resolvers.passwords import Passwords
from server.throttle import MemoryThrottle, rates
from tests.identity.conftest import (
    EMAIL,
    PASSWORD,
    VIEWER,
    Change,
    Client,
    Log,
    generous,
)
from tests.identity.mailing import (
    forgotten,
    insistent,
    letters,
    link,
    reset,
    settled,
    token,
)

NEW = "looms punch cards again"
UNKNOWN = "charles@example.org"
KEY = """mutation { apiKeyCreate(input: {name: "Nightly", scopes: []}) {
  secret userErrors { code }
} }"""


async def mailed(client: Client) -> str:
    """A token to reset the password by."""
    await forgotten(client, EMAIL)
    return token((await settled(client))[-1])


async def test_whoever_forgot_their_password_has_another_by_mail(
    client: Client, log: Log
) -> None:
    await client.sign_up()
    shown = await mailed(client)
    assert letters(client)[-1].to == EMAIL
    assert (await reset(client, shown, NEW)).refused == []
    assert (await client.another().log_in()).refused == [("INVALID", [])]
    assert (await client.another().log_in(password=NEW)).refused == []
    assert letters(client)[-1].subject == "Your password was changed"
    actions = [one.action for one in await log.read()]
    assert actions[:3] == ["signUp", "passwordResetRequest", "passwordReset"]


async def test_the_link_leads_where_the_setting_says_and_does_not_say_whose_it_is(
    client: Client,
) -> None:
    policy = replace(client.equipment.policy, public_url="https://ml.example.org")
    client.equipment = replace(client.equipment, policy=policy)
    await client.sign_up()
    await mailed(client)
    assert link(letters(client)[-1]).startswith("https://ml.example.org/account/reset#")
    assert "ada" not in letters(client)[-1].text


async def test_known_and_unknown_addresses_get_the_same_answer(
    client: Client, change: Change
) -> None:
    await client.sign_up()
    sent = len(letters(client))
    asked = (UNKNOWN, "no address at all", f"{EMAIL}\r\nBcc: {UNKNOWN}", "x" * 10_000)
    answers = [await forgotten(client, one) for one in asked]
    assert len(await settled(client)) == sent
    answers.append(await forgotten(client, EMAIL.upper()))
    assert len(await settled(client)) == sent + 1
    await change(User, is_active=False)
    answers.append(await forgotten(client, EMAIL))
    assert len(await settled(client)) == sent + 1
    assert all(one == answers[0] for one in answers)
    assert answers[0].payload == {"userErrors": []}


async def test_the_answer_does_not_wait_for_what_depends_on_the_address(
    client: Client, database: Database, log: Log
) -> None:
    await client.sign_up()
    await log.read()
    async with asyncio.timeout(60), database.write.begin() as session:
        await session.execute(sa.update(User).values(is_active=True))
        for email in (EMAIL, UNKNOWN):  # nobody else can write meanwhile
            assert (await forgotten(client, email)).refused == []
    await settled(client)
    assert [one.action for one in await log.read()] == ["passwordResetRequest"] * 2


async def test_of_fifty_at_once_with_one_link_one_has_a_new_password(
    client: Client,
) -> None:
    await client.sign_up()
    shown = await mailed(client)
    passwords = [f"looms punch {n} cards" for n in range(50)]
    async with asyncio.timeout(120):
        answers = await asyncio.gather(
            *(insistent(partial(reset, client, shown, one)) for one in passwords)
        )
    won = [n for n, answer in enumerate(answers) if not answer.refused]
    assert len(won) == 1
    lost = [answer.refused for answer in answers if answer.refused]
    assert lost == [[("INVALID", ["token"])]] * 49
    assert (await client.another().log_in(password=passwords[won[0]])).refused == []


async def test_a_reset_ends_every_session(client: Client) -> None:
    await client.sign_up()
    other = client.another()
    await other.log_in()
    await reset(client, await mailed(client), NEW)
    for one in (client, other):
        one.authentication = type(one.authentication)(one.equipment)
        assert (await one.refresh()).codes == ["UNAUTHENTICATED"]
        with pytest.raises(Exception, match="this session has ended"):
            await one.ask(VIEWER)


async def test_a_reset_by_who_reads_the_mail_ends_what_a_stranger_left(
    client: Client, change: Change
) -> None:
    """Somebody had the account who had only typed the address."""
    await client.sign_up()
    made = await client.ask(KEY)
    key = replace(client.another(), access=made.payload["secret"])
    await change(User, totp_enabled_at=utcnow())
    assert (await key.ask(VIEWER)).payload
    await reset(client, await mailed(client), NEW)
    mine = client.another()
    answer = await mine.log_in(password=NEW)
    assert answer.payload["tokens"]  # and it asks for no code
    keys = "{ viewer { apiKeys { nodes { isActive } } } }"
    assert (await mine.ask(keys)).payload["apiKeys"]["nodes"] == [{"isActive": False}]
    await mine.ask(KEY)
    await reset(client, await mailed(client), f"{NEW} and again")
    await mine.log_in(password=f"{NEW} and again")
    states = (await mine.ask(keys)).payload["apiKeys"]["nodes"]
    assert sorted(one["isActive"] for one in states) == [False, True]


async def test_a_reset_ends_a_lock(client: Client) -> None:
    await client.sign_up()
    for _ in range(5):
        await client.another().log_in(password="machines weave algebra")  # noqa: S106
    assert (await client.another().log_in()).codes == ["RATE_LIMITED"]
    await reset(client, await mailed(client), NEW)
    assert (await client.another().log_in(password=NEW)).refused == []


@pytest.mark.parametrize(
    "shown", ["", "reset_", "verify_" + "A" * 43, "reset_" + "A" * 43, "x" * 10_000]
)
async def test_what_is_no_token_resets_nothing(client: Client, shown: str) -> None:
    await client.sign_up()
    await mailed(client)
    assert (await reset(client, shown, NEW)).refused == [("INVALID", ["token"])]
    assert (await client.another().log_in()).refused == []


async def test_a_token_for_one_thing_is_good_for_no_other(client: Client) -> None:
    await client.sign_up()
    verifying = token(letters(client)[-1])
    answer = await reset(client, "reset_" + verifying.partition("_")[2], NEW)
    assert answer.refused == [("INVALID", ["token"])]


async def test_a_new_link_makes_the_one_before_it_worthless(client: Client) -> None:
    await client.sign_up()
    first, second = await mailed(client), await mailed(client)
    assert (await reset(client, first, NEW)).refused == [("INVALID", ["token"])]
    assert (await reset(client, second, NEW)).refused == []
    assert (await reset(client, second, NEW)).refused == [("INVALID", ["token"])]


async def test_a_link_ends_after_half_an_hour(client: Client, change: Change) -> None:
    await client.sign_up()
    shown = await mailed(client)
    await change(OneTimeToken, expires_at=utcnow() - timedelta(seconds=1))
    assert (await reset(client, shown, NEW)).refused == [("INVALID", ["token"])]


async def test_a_link_lasts_for_half_an_hour(
    client: Client, database: Database
) -> None:
    await client.sign_up()
    await mailed(client)
    async with database.read() as session:
        rows = visible(SYSTEM, OneTimeToken).order_by(OneTimeToken.id.desc())
        token = (await session.scalars(rows)).first()
    assert token
    lasts = token.expires_at - token.created_at
    assert timedelta(minutes=29) < lasts <= timedelta(minutes=30, seconds=5)


async def test_the_database_does_not_have_what_the_letter_says(
    client: Client, database: Database, log: Log
) -> None:
    await client.sign_up()
    shown = await mailed(client)
    await reset(client, shown, NEW)
    async with database.read() as session:
        tokens = [*await session.scalars(visible(SYSTEM, OneTimeToken))]
    assert shown not in str([vars(one) for one in tokens])
    said = json.dumps([one.payload for one in await log.read()])
    for secret in (
        shown,
        shown.partition("_")[2],
        NEW,
        *(t.token_hash for t in tokens),
    ):
        assert secret not in said


async def test_a_password_that_will_not_do_leaves_the_link_good(client: Client) -> None:
    await client.sign_up()
    shown = await mailed(client)
    answer = await reset(client, shown, "password1234")
    assert answer.refused == [("INVALID", ["password"])]
    assert (await reset(client, shown, NEW)).refused == []


async def test_letters_are_limited_by_address_and_by_account(client: Client) -> None:
    strict = MemoryThrottle(rates(generous(letters_per_hour=2)))
    equipment = replace(client.equipment, throttle=strict)
    stranger = Client(equipment, client.authentication, "192.0.2.7")
    codes = [(await forgotten(stranger, f"{n}@example.org")).codes for n in range(3)]
    assert codes == [[], [], ["RATE_LIMITED"]]
    codes.clear()
    for n in range(3):
        stranger = Client(equipment, client.authentication, f"198.51.100.{n}")
        codes.append((await forgotten(stranger, UNKNOWN)).codes)
    assert codes == [[], [], ["RATE_LIMITED"]]
    await equipment.afterwards.ended(30)


async def test_a_login_does_the_same_work_for_the_unknown_as_for_the_known(
    client: Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await client.sign_up()
    done: list[str] = []
    verify = Passwords.verified

    async def counted(self: Any, stored: str | None, password: str) -> bool:
        done.append("hash")
        return await verify(self, stored, password)

    def noted(_: Any, __: Any, statement: str, *___: Any) -> None:
        done.append(statement)

    monkeypatch.setattr(Passwords, "verified", counted)
    engines = (database.readers.sync_engine, database.writers.sync_engine)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", noted)
    work: list[list[str]] = []
    for email in (EMAIL, UNKNOWN):
        done.clear()
        answer = await client.another().log_in(email, PASSWORD[::-1])
        assert answer.refused == [("INVALID", [])]
        work.append([*done])
    for engine in engines:
        event.remove(engine, "before_cursor_execute", noted)
    assert work[0] == work[1]
    assert work[0].count("hash") == 1
