"""Logins, as those see them who know the password, and those who do not."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import replace
from statistics import median
from typing import Any

import pytest
from argon2 import PasswordHasher

from db.models import User, UserRole
from db.session import Database
from resolvers.identity.roles import ADMIN
from server.throttle import MemoryThrottle, rates
from tests.conftest import Save
from tests.identity.conftest import (
    EMAIL,
    PASSWORD,
    Change,
    Client,
    Log,
    generous,
)
from tests.identity.holders import id_of

WRONG = "machines weave algebra"
UNKNOWN = "charles@example.org"
ENTERING = """mutation ($input: LoginInput!) { login(input: $input) { user {
  roles { nodes { role { holders { totalCount } } } }
} } }"""


async def test_a_password_begins_a_session(client: Client) -> None:
    await client.sign_up()
    answer = await client.another().log_in(EMAIL.upper())
    assert answer.payload["userErrors"] == []
    assert answer.payload["user"]["email"] == EMAIL
    assert answer.payload["user"]["lastLogin"]


async def test_whoever_was_granted_admin_sees_in_the_answer_what_admins_see(
    client: Client, save: Save, database: Database
) -> None:
    for email in (UNKNOWN, EMAIL):
        await client.sign_up(email)
        await save(UserRole(owner_id=await id_of(database, email), role_id=ADMIN))
    given = {"email": EMAIL, "password": PASSWORD}
    answer = await client.another().ask(ENTERING, input=given)
    [held] = answer.payload["user"]["roles"]["nodes"]
    assert held == {"role": {"holders": {"totalCount": 2}}}


async def test_an_address_may_be_typed_in_any_spelling(client: Client) -> None:
    await client.sign_up("ada@exämple.org")
    for typed in (
        "ADA@EXÄMPLE.ORG",
        " ada@xn--exmple-cua.org",
        "ada@exa\u0308mple.org",
    ):
        assert (await client.log_in(typed)).payload["userErrors"] == []


async def test_who_is_unknown_or_wrong_or_closed_gets_the_same_answer(
    client: Client, change: Change
) -> None:
    await client.sign_up()
    stranger = client.another()
    answers = [await stranger.log_in(UNKNOWN), await stranger.log_in(EMAIL, WRONG)]
    answers.append(await stranger.log_in("no address at all"))
    answers.append(await stranger.log_in(EMAIL, "x" * 10_000))
    await change(User, is_active=False)
    answers.append(await stranger.log_in())

    assert answers[0].refused == [("INVALID", [])]
    assert all(answer == answers[0] for answer in answers)


async def test_it_takes_as_long_to_refuse_the_unknown(client: Client) -> None:
    lenient = replace(client.equipment.policy, failures_until_lock=10_000)
    unlocked = MemoryThrottle(rates(generous(failures_until_lock=10_000)))
    client.equipment = replace(client.equipment, policy=lenient, throttle=unlocked)
    await client.sign_up()

    async def seconds(email: str) -> float:
        start = time.perf_counter()
        await client.another().log_in(email, WRONG)
        return time.perf_counter() - start

    await seconds(UNKNOWN)
    known, unknown = [], []
    for _ in range(30):
        known.append(await seconds(EMAIL))
        unknown.append(await seconds(UNKNOWN))
    assert 0.5 < median(unknown) / median(known) < 2


async def test_parallel_logins_all_succeed(client: Client) -> None:
    await client.sign_up()
    async with asyncio.timeout(30):
        answers = await asyncio.gather(*(client.another().log_in() for _ in range(12)))
    assert all(answer.payload["userErrors"] == [] for answer in answers)
    assert len({answer.payload["tokens"]["refreshToken"] for answer in answers}) == 12


async def test_a_hash_made_with_less_effort_is_made_again(
    client: Client, change: Change, log: Log
) -> None:
    await client.sign_up()
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
    passwords: Any = client.equipment.passwords
    old = weak.hash(passwords._peppered(PASSWORD))  # noqa: SLF001  as an earlier version made it
    await change(User, password_hash=old)

    for _ in range(2):
        assert (await client.log_in()).payload["userErrors"] == []
    first, second = (one.payload for one in (await log.read())[-2:])
    assert "password_hash" in json.dumps(first)
    assert "password_hash" not in json.dumps(second)


@pytest.mark.parametrize(
    "who",
    [
        lambda n: {"address": "2001:db8::1", "email": f"{n}@example.org"},
        lambda n: {"address": f"2001:db8:{n}::1", "email": EMAIL},
    ],
)
async def test_logins_are_limited_by_address_and_by_account(
    client: Client, log: Log, who: Callable[[int], dict[str, str]]
) -> None:
    strict = MemoryThrottle(rates(generous(logins_per_minute=3)))
    equipment = replace(client.equipment, throttle=strict)
    codes: list[list[str]] = []
    for n in range(4):
        given = who(n)
        stranger = Client(equipment, client.authentication, given["address"])
        codes.append((await stranger.log_in(given["email"], WRONG)).codes)
    assert codes == [[], [], [], ["RATE_LIMITED"]]
    assert len(await log.read()) == 3  # a flood does not fill the log


async def test_every_try_is_written_down_without_what_was_typed(
    client: Client, log: Log
) -> None:
    await client.sign_up()
    await log.read()
    for typed in ((EMAIL, PASSWORD), (EMAIL, WRONG), (UNKNOWN, WRONG)):
        await client.another().log_in(*typed)

    entries = await log.read()
    assert [one.action for one in entries] == ["login"] * 3
    assert [one.status for one in entries] == ["success", "failure", "failure"]
    kinds = [one.actor_kind for one in entries]
    assert kinds == ["user", "anonymous", "anonymous"]
    assert entries[0].entity_id == entries[1].entity_id != entries[2].entity_id
    for entry in entries:
        said = json.dumps(entry.payload)
        assert not any(word in said for word in (WRONG, PASSWORD, UNKNOWN, "charles"))
