"""Lockouts: the same for an address with an account and for one without."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest

from db.base import utcnow
from db.models import User
from db.session import Database
from resolvers.access import ANONYMOUS, SYSTEM, visible
from resolvers.audit import entries
from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.errors import RateLimited
from resolvers.identity import lockouts, logins
from server.authentication import Authentication
from server.throttle import MemoryThrottle, rates
from tests.identity.conftest import EMAIL, PASSWORD, VIEWER, Client, Log, generous
from tests.identity.mailing import forgotten, letters, reset, settled, token

WRONG = "machines weave algebra"
UNKNOWN = "charles@example.org"
LOCK = 15 * 60
"""Seconds of a lock, and of the window in which failures are counted."""
REFUSED, LOCKED = "INVALID", "RATE_LIMITED"
UNTIL = "{ viewer { lockedUntil } }"
Plan = Sequence[tuple[float, int]]
"""Seconds to wait, and how often to try then; again and again."""


class Clock:
    """What time it is for those who count failures."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def wait(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)

    def now(self) -> datetime:
        return utcnow() + self.ahead


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in (entries, lockouts, logins):
        monkeypatch.setattr(module, "utcnow", clock.now)
    return clock


async def tried(client: Client, email: str = EMAIL, password: str = WRONG) -> str:
    """What comes of a try: why it fails, or nothing."""
    answer = await client.another().log_in(email, password)
    refused = answer.refused if answer.data else []
    return "".join([*answer.codes, *(code for code, _ in refused)])


async def followed(client: Client, clock: Clock, plan: Plan, email: str) -> list[str]:
    """What comes of all the tries of a plan, at its moments."""
    told: list[str] = []
    for seconds, tries in plan:
        clock.wait(seconds)
        told += [await tried(client, email) for _ in range(tries)]
    return told


async def account(database: Database) -> User:
    async with database.read() as session:
        return (await session.scalars(visible(SYSTEM, User))).one()


def planned(seed: int) -> Plan:
    chance = Random(seed)  # noqa: S311  it decides nothing that is secret
    waits = [0, 60, LOCK / 2, LOCK - 60, LOCK - 30, LOCK + 1]
    return [(chance.choice(waits), chance.randint(1, 6)) for _ in range(6)]


@pytest.mark.parametrize(
    "plan",
    [
        [(0, 4), (LOCK + 1, 3)],
        [(0, 1), (LOCK - 60, 3), (120, 3)],
        [(0, 7), (LOCK - 60, 1), (61, 6)],
        *map(planned, range(6)),
    ],
)
async def test_nothing_tells_an_address_with_an_account_from_one_without(
    client: Client, clock: Clock, plan: Plan
) -> None:
    await client.sign_up()
    known = await followed(client, clock, plan, EMAIL)
    clock.wait(2 * LOCK)
    assert known == await followed(client, clock, plan, UNKNOWN)


@pytest.mark.parametrize("email", [EMAIL, UNKNOWN])
async def test_the_fifth_failure_in_a_quarter_of_an_hour_locks_for_as_long(
    client: Client, clock: Clock, email: str
) -> None:
    await client.sign_up()
    plan = [(0, 1), (LOCK - 60, 4), (LOCK - 60, 1), (61, 5), (0, 1)]
    told = await followed(client, clock, plan, email)
    assert told == [REFUSED] * 5 + [LOCKED] + [REFUSED] * 5 + [LOCKED]


@pytest.mark.parametrize("email", [EMAIL, UNKNOWN])
async def test_failures_of_another_quarter_of_an_hour_do_not_count(
    client: Client, clock: Clock, email: str
) -> None:
    await client.sign_up()
    plan = [(0, 4), (LOCK + 1, 4), (LOCK + 1, 4)]
    assert await followed(client, clock, plan, email) == [REFUSED] * 12


@pytest.mark.parametrize("email", [EMAIL, UNKNOWN])
async def test_what_was_counted_survives_a_restart(client: Client, email: str) -> None:
    await client.sign_up()
    for _ in range(4):
        await tried(client, email)
    throttle = MemoryThrottle(rates(generous()))
    anew = replace(client.equipment, throttle=throttle)
    restarted = Client(anew, Authentication(anew))
    assert [await tried(restarted, email) for _ in range(2)] == [REFUSED, LOCKED]


async def test_while_locked_the_right_password_is_refused_and_then_it_is_not(
    client: Client, clock: Clock
) -> None:
    await client.sign_up()
    for _ in range(5):
        await tried(client)
    assert await tried(client, password=PASSWORD) == LOCKED
    assert (await client.ask(VIEWER)).payload == {"email": EMAIL}  # goes on as before
    clock.wait(LOCK + 1)
    assert await tried(client, password=PASSWORD) == ""


async def test_the_account_itself_says_how_it_stands(
    client: Client, clock: Clock, database: Database
) -> None:
    async def stands() -> tuple[int, float | None]:
        user, now = await account(database), clock.now()
        until = user.locked_until and (user.locked_until - now).total_seconds()
        return user.failed_login_attempts, until

    await client.sign_up()
    for failures in range(1, 5):
        await tried(client)
        assert await stands() == (failures, None)
    await tried(client)
    failures, until = await stands()
    assert failures == 5
    assert until
    assert LOCK - 30 < until <= LOCK
    clock.wait(LOCK + 1)
    await tried(client)
    assert await stands() == (1, None)
    await tried(client, password=PASSWORD)
    assert await stands() == (0, None)


async def test_a_login_forgets_the_wrong_passwords_before_it(client: Client) -> None:
    await client.sign_up()
    for _ in range(3):
        for _ in range(4):
            await tried(client)
        assert await tried(client, password=PASSWORD) == ""


@pytest.mark.parametrize("email", [EMAIL, UNKNOWN])
async def test_parallel_guesses_are_all_counted(
    client: Client, database: Database, email: str
) -> None:
    await client.sign_up()
    async with asyncio.timeout(30):
        guesses = (tried(client, email, f"{WRONG} {n}") for n in range(12))
        assert set(await asyncio.gather(*guesses)) <= {REFUSED, LOCKED}
    assert await tried(client, email, PASSWORD) == LOCKED
    failures = (await account(database)).failed_login_attempts
    assert (failures >= 5) is (email == EMAIL)


@pytest.mark.parametrize("email", [EMAIL, UNKNOWN])
async def test_who_is_locked_out_is_told_when_to_come_back(
    client: Client, clock: Clock, place: Equipment, email: str
) -> None:
    await client.sign_up()
    for _ in range(5):
        await tried(client, email)
    clock.wait(60)
    with pytest.raises(RateLimited) as told:
        await logins.verified(Context(place, ANONYMOUS), email, WRONG)
    assert LOCK - 90 < told.value.retry_after <= LOCK - 60


async def test_an_owner_is_written_to_once_for_each_lock(
    client: Client, clock: Clock
) -> None:
    await client.sign_up()
    verifying = len(letters(client))
    for _ in range(2):
        await followed(client, clock, [(0, 8)], EMAIL)
        clock.wait(LOCK + 1)
    await followed(client, clock, [(0, 8)], UNKNOWN)
    told = letters(client)[verifying:]
    assert [(one.to, one.subject) for one in told] == [
        (EMAIL, "Your account is locked for a while")
    ] * 2


async def test_of_parallel_guesses_one_is_told(client: Client) -> None:
    await client.sign_up()
    async with asyncio.timeout(60):
        guesses = (tried(client, EMAIL, f"{WRONG} {n}") for n in range(12))
        await asyncio.gather(*guesses)
    subjects = [one.subject for one in letters(client)]
    assert subjects.count("Your account is locked for a while") == 1


async def test_the_owner_sees_until_when_an_account_is_locked_and_what_ends_it(
    client: Client,
) -> None:
    await client.sign_up()
    assert (await client.ask(UNTIL)).payload == {"lockedUntil": None}
    for _ in range(5):
        await tried(client)
    assert (await client.ask(UNTIL)).payload["lockedUntil"] > utcnow().isoformat()
    with pytest.raises(RateLimited, match="reset your password"):
        await logins.verified(Context(client.equipment, ANONYMOUS), EMAIL, PASSWORD)
    await forgotten(client, EMAIL)
    mailed = (await settled(client))[-1]
    assert (await reset(client, token(mailed), "looms punch cards")).refused == []
    assert await tried(client, password="looms punch cards") == ""  # noqa: S106  nobody's
    answer = await client.another().log_in(password="looms punch cards")  # noqa: S106  nobody's
    assert answer.refused == []


async def test_locked_tries_are_written_down(client: Client, log: Log) -> None:
    for _ in range(6):
        await tried(client, UNKNOWN)
    codes = [one.payload["refused"]["code"] for one in await log.read()]
    assert codes == [REFUSED] * 5 + [LOCKED]
