"""People whose accounts ask for a code, and what makes theirs."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from pyotp.totp import TOTP

from db.base import utcnow
from resolvers.identity import factors
from tests.identity.conftest import EMAIL, PASSWORD, Client

LOGIN = """mutation ($input: LoginInput!) { login(input: $input) {
  user { id } tokens { accessToken refreshToken } challenge userErrors { code field }
} }"""
CONFIRM = """mutation ($input: LoginConfirmInput!) { loginConfirm(input: $input) {
  user { id email lastLogin } tokens { accessToken refreshToken }
  userErrors { code field }
} }"""
ENROLL = "mutation { twoFactorEnroll { secret uri userErrors { code field } } }"
TURN_ON = """mutation ($code: String!) { twoFactorConfirm(input: {code: $code}) {
  user { totpEnabledAt } recoveryCodes userErrors { code field }
} }"""
CREDENTIALS = {"email": EMAIL, "password": PASSWORD}


class Clock:
    """What time it is for codes."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return utcnow() + self.ahead


@dataclass
class Device:
    """Makes codes from a secret, of another half minute each time."""

    secret: str
    clock: Clock

    def code(self) -> str:
        self.clock.ahead += timedelta(seconds=30)
        return TOTP(self.secret).at(self.clock.now())

    def wrong(self) -> str:
        return f"{(int(self.code()) + 500_000) % 1_000_000:06}"


@dataclass
class Person:
    """Somebody whose account asks for a code."""

    client: Client
    device: Device
    recovery: list[str]

    async def challenge(self) -> str:
        """What their password alone leads to."""
        answer = await self.client.another().ask(LOGIN, input=CREDENTIALS)
        assert answer.payload["tokens"] is answer.payload["user"] is None
        return answer.payload["challenge"]

    async def show(self, challenge: str, **shown: str) -> str:
        """What comes of a code: why it fails, or nothing."""
        return told(await self.shown(challenge, **shown))

    async def shown(self, challenge: str, **shown: str) -> Any:
        given = {"challenge": challenge, **shown}
        return await self.client.another().ask(CONFIRM, input=given)


def told(answer: Any) -> str:
    """The codes of an answer that is no success."""
    refused = answer.payload["userErrors"] if answer.data else []
    return "".join([*answer.codes, *(one["code"] for one in refused)])


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(factors, "utcnow", clock.now)
    return clock


@pytest.fixture
async def ada(client: Client, clock: Clock) -> Person:
    await client.sign_up()
    secret = (await client.ask(ENROLL)).payload["secret"]
    device = Device(secret, clock)
    on = (await client.ask(TURN_ON, code=device.code())).payload
    assert on["userErrors"] == []
    return Person(client, device, on["recoveryCodes"])
