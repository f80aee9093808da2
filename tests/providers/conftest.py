"""People who call AI providers, and a clock that can be moved."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from db.models import User
from resolvers.access import Actor, BaseRole
from resolvers.billing import usage
from resolvers.providers import costalerts, quotas, spending
from schema.ids import spell
from tests.audit.conftest import chain
from tests.conftest import Ask, Someone

__all__ = ["chain"]
ERRORS = """userErrors { code message field limit { scope metric limit used remaining
  limitUsd usedUsd remainingUsd resetAt tier upgradeTo } }"""
RESERVED = """providerReservation { id provider model date amount expiresAt settledAt
  actual version }"""
SET = f"""mutation ($i: UserQuotaSetInput!) {{ userQuotaSet(input: $i) {{
  userQuota {{ id dailyLimit monthlyLimit dailyCostLimit monthlyCostLimit version }}
  {ERRORS} }} }}"""
RESERVE = f"""mutation ($i: ProviderCallReserveInput!) {{
  providerCallReserve(input: $i) {{ {RESERVED} {ERRORS} idempotencyReplayed }} }}"""
SETTLE = f"""mutation ($i: ProviderCallSettleInput!) {{ providerCallSettle(input: $i) {{
  {RESERVED} {ERRORS} }} }}"""
ADD = f"""mutation ($i: ProviderUsageAddInput!) {{ providerUsageAdd(input: $i) {{
  providerUsage {{ id provider model date requestsCount tokensInput tokensOutput
    costUsd version }} {ERRORS} idempotencyReplayed }} }}"""
LIMITS = """{ viewer { limits { scope metric limit used remaining
  limitUsd usedUsd remainingUsd resetAt tier upgradeTo } } }"""
USED = """{ viewer { providerUsage(first: 100, orderBy: {field: DATE, direction: ASC}) {
  nodes { provider model date requestsCount tokensInput tokensOutput costUsd } } } }"""
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
Payload = Any
QuotaOf = Callable[..., Awaitable[Payload]]


def user_id(who: Actor) -> str:
    return spell(User(id=who.user_id))


@dataclass
class Clock:
    """What time it is for those who spend."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in (costalerts, quotas, spending, usage):
        monkeypatch.setattr(module, "utcnow", clock)
    return clock


@pytest.fixture
async def admin(someone: Someone) -> Actor:
    return await someone(BaseRole.ADMIN)


@pytest.fixture
def quota(ask: Ask, admin: Actor, analyst: Actor) -> QuotaOf:
    """Have an administrator say what somebody may spend."""

    async def quota(who: Actor = analyst, by: Actor = admin, **said: Any) -> Payload:
        given = {"user": user_id(who), **said}
        return (await ask(SET, by, i=given))["userQuotaSet"]

    return quota


@dataclass
class Caller:
    """Somebody who calls an AI provider."""

    ask: Ask
    who: Actor

    async def reserve(self, cost: str, **more: Any) -> Payload:
        given = {"provider": "openai", "model": "small", "cost": cost, **more}
        return (await self.ask(RESERVE, self.who, i=given))["providerCallReserve"]

    async def settle(self, id_: str, cost: str, **more: Any) -> Payload:
        given = {"id": id_, "cost": cost, **more}
        return (await self.ask(SETTLE, self.who, i=given))["providerCallSettle"]

    async def add(self, cost: str, **more: Any) -> Payload:
        given = {"provider": "openai", "model": "small", "cost": cost, **more}
        return (await self.ask(ADD, self.who, i=given))["providerUsageAdd"]

    async def reserved(self, cost: str, **more: Any) -> str:
        """The id of what is set aside."""
        payload = await self.reserve(cost, **more)
        assert payload["userErrors"] == []
        return payload["providerReservation"]["id"]

    async def used(self) -> list[Any]:
        """What was used, day by day."""
        return (await self.ask(USED, self.who))["viewer"]["providerUsage"]["nodes"]

    async def limits(self) -> dict[str, Any]:
        """The limits of the quota, by their scopes."""
        told = (await self.ask(LIMITS, self.who))["viewer"]["limits"]
        ours = ("QUOTA_DAY", "QUOTA_MONTH", "COST_DAY", "COST_MONTH")
        return {one["scope"]: one for one in told if one["scope"] in ours}


@pytest.fixture
def caller(ask: Ask, analyst: Actor) -> Caller:
    return Caller(ask, analyst)
