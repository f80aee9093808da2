"""Logins that ask for a code: each is good for once, and few may be tried."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from db.models import User
from resolvers.errors import Unauthenticated
from resolvers.identity import challenges, lockouts, tokens
from resolvers.policy import Policy
from server.authentication import Authentication
from tests.identity.conftest import EMAIL, VIEWER, Change, Log
from tests.identity.devices import (
    CREDENTIALS,
    LOGIN,
    Person,
    ada,
    clock,
    told,
)

__all__ = ["ada", "clock"]
TURN_OFF = """mutation { twoFactorDisable {
  user { totpEnabledAt } userErrors { code field }
} }"""
RENEW = "mutation { recoveryCodesRenew { recoveryCodes userErrors { code } } }"
SELF = "{ viewer { id lastLogin } }"


async def test_only_a_whole_login_lets_in_and_is_the_last_one(ada: Person) -> None:
    before = (await ada.client.ask(SELF)).payload["lastLogin"]
    challenge = await ada.challenge()
    assert (await ada.client.ask(SELF)).payload["lastLogin"] == before
    entered = (await ada.shown(challenge, code=ada.device.code())).payload
    assert entered["user"]["email"] == EMAIL
    assert entered["user"]["lastLogin"] > before
    there = replace(ada.client, access=entered["tokens"]["accessToken"])
    assert (await there.ask(VIEWER)).payload == {"email": EMAIL}
    assert told(await there.refresh(entered["tokens"]["refreshToken"])) == ""


async def test_a_code_typed_with_a_space_half_a_minute_late_is_right(
    ada: Person,
) -> None:
    code = ada.device.code()
    ada.device.clock.ahead += timedelta(seconds=30)
    assert await ada.show(await ada.challenge(), code=f" {code[:3]} {code[3:]}") == ""


async def test_a_code_of_another_time_is_wrong(ada: Person) -> None:
    code = ada.device.code()
    ada.device.clock.ahead += timedelta(seconds=90)
    assert await ada.show(await ada.challenge(), code=code) == "INVALID"


async def together(tries: list[Awaitable[str]]) -> list[str]:
    async with asyncio.timeout(60):
        return await asyncio.gather(*tries)


async def patiently(show: Callable[[], Awaitable[str]]) -> str:
    while (came := await show()) == "SERVER_BUSY":
        pass  # as many at once may be too many for the connections
    return came


async def test_of_parallel_logins_with_one_code_one_comes_in(ada: Person) -> None:
    open_ = [await ada.challenge() for _ in range(12)]
    code = ada.device.code()
    came = await together(
        [patiently(lambda one=one: ada.show(one, code=code)) for one in open_]
    )
    assert came.count("") == 1
    assert {*came} <= {"", "INVALID", "RATE_LIMITED"}


async def test_of_parallel_logins_with_one_recovery_code_one_comes_in(
    ada: Person,
) -> None:
    open_ = [await ada.challenge() for _ in range(12)]
    code = ada.recovery[3]
    came = await together(
        [patiently(lambda one=one: ada.show(one, recoveryCode=code)) for one in open_]
    )
    assert came.count("") == 1


async def test_wrong_codes_lock_as_wrong_passwords_do(ada: Person) -> None:
    for _ in range(3):
        wrong = ada.device.wrong()
        assert await ada.show(await ada.challenge(), code=wrong) == "INVALID"
    for _ in range(2):
        assert told(await ada.client.another().log_in(EMAIL, "no such words")) == (
            "INVALID"
        )
    answer = await ada.client.another().ask(LOGIN, input=CREDENTIALS)
    assert told(answer) == "RATE_LIMITED"
    assert (await ada.client.ask(VIEWER)).payload == {"email": EMAIL}


async def test_a_right_password_forgives_no_wrong_code(ada: Person) -> None:
    for _ in range(4):
        wrong = ada.device.wrong()
        assert await ada.show(await ada.challenge(), code=wrong) == "INVALID"
    challenge = await ada.challenge()
    assert await ada.show(challenge, code=ada.device.wrong()) == "INVALID"
    assert await ada.show(challenge, code=ada.device.code()) == "RATE_LIMITED"


async def test_a_whole_login_forgives_wrong_codes(ada: Person) -> None:
    for _ in range(2):
        for _ in range(4):
            wrong = ada.device.wrong()
            assert await ada.show(await ada.challenge(), code=wrong) == "INVALID"
        assert await ada.show(await ada.challenge(), code=ada.device.code()) == ""


@pytest.fixture
def lenient(ada: Person) -> Person:
    """The same where an account is not locked for a long time."""
    place = replace(ada.client.equipment, policy=Policy(failures_until_lock=1_000))
    return replace(ada, client=replace(ada.client, equipment=place))


async def test_five_codes_may_be_tried_for_one_challenge(lenient: Person) -> None:
    challenge = await lenient.challenge()
    wrong = [lenient.device.wrong() for _ in range(12)]
    came = await together(
        [patiently(lambda one=one: lenient.show(challenge, code=one)) for one in wrong]
    )
    assert sorted(came) == ["INVALID"] * 5 + ["UNAUTHENTICATED"] * 7
    code = lenient.device.code()
    assert await lenient.show(challenge, code=code) == "UNAUTHENTICATED"
    assert await lenient.show(await lenient.challenge(), code=code) == ""


async def test_a_challenge_lets_in_once(ada: Person) -> None:
    challenge = await ada.challenge()
    assert await ada.show(challenge, code=ada.device.code()) == ""
    assert await ada.show(challenge, code=ada.device.code()) == "UNAUTHENTICATED"


async def test_a_challenge_is_over_after_five_minutes(
    ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(challenges, "LIFETIME", -tokens.LEEWAY - 1.0)
    shown = await ada.show(await ada.challenge(), code=ada.device.code())
    assert shown == "UNAUTHENTICATED"


async def test_a_challenge_is_over_once_tokens_are_revoked(
    ada: Person, change: Change
) -> None:
    challenge = await ada.challenge()
    await change(User, token_version=2)
    shown = await ada.show(challenge, code=ada.device.code())
    assert shown == "UNAUTHENTICATED"


async def test_a_challenge_is_no_token_and_a_token_is_no_challenge(
    ada: Person,
) -> None:
    challenge = await ada.challenge()
    gate = Authentication(ada.client.equipment)
    with pytest.raises(Unauthenticated):
        await gate.authenticate(f"Bearer {challenge}")
    code = ada.device.code()
    for other in (ada.client.access or "", ada.client.refresh_token, "", "a.b.c"):
        assert await ada.show(other, code=code) == "UNAUTHENTICATED"
    assert await ada.show(challenge, code=code) == ""


@pytest.mark.parametrize("shown", [{}, {"code": "1", "recoveryCode": "2"}])
async def test_one_thing_is_shown(ada: Person, shown: dict[str, str]) -> None:
    assert await ada.show(await ada.challenge(), **shown) == "INVALID"


async def test_each_step_leaves_one_entry(ada: Person, log: Log) -> None:
    challenge = await ada.challenge()
    await ada.show(challenge, code=ada.device.wrong())
    await ada.show(challenge, code=ada.device.code())
    await ada.client.ask(RENEW)
    await ada.client.ask(TURN_OFF)
    said = [(one.action, one.status, one.entity) for one in await log.read()]
    assert said == [
        ("login", "success", None),
        (lockouts.CONFIRM, "failure", "User"),
        (lockouts.CONFIRM, "success", "User"),
        ("recoveryCodesRenew", "success", "User"),
        ("twoFactorDisable", "success", "User"),
    ]
