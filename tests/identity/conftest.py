"""People who sign up, sign in and go on, as they would over HTTP."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from db.base import Base
from db.models import AuditEntry
from db.session import Database
from resolvers.access import SYSTEM, visible
from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.writes import Origin
from schema import schema
from server.authentication import Authentication
from server.settings import Settings
from server.throttle import MemoryThrottle, rates

Change = Callable[..., Awaitable[None]]
EMAIL = "ada@example.org"
PASSWORD = "engines weave algebra"  # noqa: S105  nobody's
SIGN_UP = """mutation ($input: SignUpInput!) { signUp(input: $input) {
  user { email fullName role { name } }
  tokens { accessToken refreshToken expiresAt } userErrors { code message field }
} }"""
LOGIN = """mutation ($input: LoginInput!) { login(input: $input) {
  user { id email lastLogin } tokens { accessToken refreshToken expiresAt }
  userErrors { code message field }
} }"""
REFRESH = """mutation ($input: TokenRefreshInput!) { tokenRefresh(input: $input) {
  tokens { accessToken refreshToken expiresAt } userErrors { code }
} }"""
LOGOUT = "mutation { logout { session { revokedReason } userErrors { code } } }"
VIEWER = "{ viewer { email } }"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: data, and the codes of what went wrong."""

    data: Any
    codes: list[str]

    @property
    def payload(self) -> Any:
        """What the only field answers."""
        [payload] = self.data.values()
        return payload

    @property
    def refused(self) -> list[tuple[str, list[str]]]:
        """The codes and fields of the payload's errors."""
        return [(one["code"], one["field"]) for one in self.payload["userErrors"]]


@dataclass
class Client:
    """A program at an address, which keeps the tokens that it is given."""

    equipment: Equipment
    authentication: Authentication
    address: str = "192.0.2.1"
    access: str | None = None
    refresh_token: str = ""

    async def ask(self, document: str, **variables: Any) -> Answer:
        bearer = self.access and f"Bearer {self.access}"
        where = Origin("a-request", self.address, "a test")
        who = await self.authentication.authenticate(bearer, where)
        origin = replace(where, session_id=who.session_id, key_prefix=who.key_prefix)
        context = Context(self.equipment, who.actor, origin)
        result = await schema.execute(document, variables, context_value=context)
        errors = result.errors or []
        codes = [str((error.extensions or {}).get("code")) for error in errors]
        return Answer(orjson.loads(orjson.dumps(result.data)), codes)

    async def sign_up(
        self, email: str = EMAIL, password: str = PASSWORD, **more: Any
    ) -> Answer:
        given = {"email": email, "password": password, **more}
        return self._keep(await self.ask(SIGN_UP, input=given))

    async def log_in(self, email: str = EMAIL, password: str = PASSWORD) -> Answer:
        given = {"email": email, "password": password}
        return self._keep(await self.ask(LOGIN, input=given))

    async def refresh(self, token: str | None = None) -> Answer:
        shown = self.refresh_token if token is None else token
        answer = await self.another().ask(REFRESH, input={"refreshToken": shown})
        return self._keep(answer)

    def another(self) -> "Client":
        """A second program, of nobody in particular."""
        return replace(self, access=None, refresh_token="")

    def _keep(self, answer: Answer) -> Answer:
        if answer.data and (tokens := answer.payload["tokens"]):
            self.access = tokens["accessToken"]
            self.refresh_token = tokens["refreshToken"]
        return answer


@dataclass
class Log:
    """The audit log from here on."""

    database: Database
    last: int = 0

    async def read(self) -> list[AuditEntry]:
        """What was written since this was last asked."""
        rows = visible(SYSTEM, AuditEntry).where(AuditEntry.seq > self.last)
        async with self.database.read() as session:
            new = [*await session.scalars(rows.order_by(AuditEntry.seq))]
        self.last = max([self.last, *(one.seq for one in new)])
        return new


def generous(**settings: Any) -> Settings:
    """Settings that allow a test as much as it likes, but for those it gives."""
    much: dict[str, Any] = {"logins_per_minute": 10_000, "logins_per_hour": 10_000}
    much |= {"sign_ups_per_hour": 10_000, "refreshes_per_minute": 10_000}
    much |= {"letters_per_hour": 10_000}
    return Settings(**much | settings)


@pytest.fixture
async def place(equipment: Equipment) -> AsyncIterator[Equipment]:
    """Equipment with limits that no test runs into by accident."""
    place = replace(equipment, throttle=MemoryThrottle(rates(generous())))
    yield place
    await place.afterwards.ended(10)


@pytest.fixture
def client(place: Equipment) -> Client:
    return Client(place, Authentication(place))


@pytest.fixture
async def log(database: Database) -> Log:
    log = Log(database)
    await log.read()
    return log


@pytest.fixture
def change(database: Database) -> Change:
    """Change rows past the server: time goes by, accounts are closed."""

    async def change(model: type[Base], *which: Any, **columns: Any) -> None:
        async with database.write.begin() as session:
            rows = sa.update(model).where(*which).values(**columns)
            await session.execute(rows)

    return change
