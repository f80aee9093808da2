"""People with roles, and programs with keys, for tests of both."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from db.models import ApiKey, Role, User
from db.session import Database
from resolvers.access import SYSTEM, BaseRole, visible
from resolvers.errors import Unauthenticated
from resolvers.identity.accounts import ROLES
from schema.ids import spell
from server.authentication import Authentication
from tests.identity.conftest import EMAIL, VIEWER, Answer, Client

CREATE = """mutation ($i: ApiKeyCreateInput!) { apiKeyCreate(input: $i) {
  apiKey { id name keyPrefix lastFour scopes expiresAt rateLimit tier trustedOnly
    isActive owner { email } }
  secret idempotencyReplayed userErrors { code message field }
} }"""
ROTATE = """mutation ($i: ApiKeyRotateInput!) { apiKeyRotate(input: $i) {
  apiKey { id keyPrefix lastFour formerUntil } secret userErrors { code field }
} }"""
REVOKE = """mutation ($i: ApiKeyRevokeInput!) { apiKeyRevoke(input: $i) {
  apiKey { isActive revokedReason } userErrors { code field }
} }"""
KEYS = """{ viewer { apiKeys { totalCount nodes {
  id keyPrefix lastUsedAt isActive revokedReason
} } } }"""
ME = "{ viewer { id email isAdmin permissions role { name } roles { totalCount } } }"
ADMIN = "ada.root@example.org"


class Person(Client):
    """Somebody who is signed in, and does what dangerous things they may."""

    async def do(self, name: str, shown: str = "", /, **given: Any) -> Answer:
        """Run a mutation that takes one input."""
        kind = f"{name[0].upper()}{name[1:]}Input!"
        below = f"{shown} userErrors {{ code message field }}"
        text = f"mutation ($i: {kind}) {{ {name}(input: $i) {{ {below} }} }}"
        return await self.ask(text, i=given)

    async def me(self) -> Any:
        return (await self.ask(ME)).payload

    async def key(self, *scopes: str, **more: Any) -> str:
        """A new API key of theirs."""
        given = {"name": "Nightly", "scopes": scopes, **more}
        payload = (await self.ask(CREATE, i=given)).payload
        assert payload["userErrors"] == []
        return payload["secret"]

    def program(self, key: str) -> "Person":
        """A program that asks with an API key."""
        return Person(self.equipment, self.authentication, self.address, key)


async def person(client: Client, email: str) -> Person:
    """Somebody who has just signed up."""
    new = Person(client.equipment, client.authentication, client.address)
    await new.sign_up(email)
    return new


async def administrator(client: Client, database: Database, change: Any) -> Person:
    """Somebody who runs the server."""
    admin = await person(client, ADMIN)
    await change(User, User.email == ADMIN, role_id=ROLES[BaseRole.ADMIN])
    await client.equipment.bus.publish("session", *2 * [await id_of(database, ADMIN)])
    return admin


async def id_of(database: Database, email: str) -> UUID:
    rows = visible(SYSTEM, User).where(User.email == email)
    async with database.read() as session:
        return (await session.scalars(rows)).one().id


async def stored(database: Database, key: str) -> ApiKey:
    """What is kept of an API key."""
    rows = visible(SYSTEM, ApiKey).where(ApiKey.key_prefix == key.rpartition("_")[0])
    async with database.read() as session:
        return (await session.scalars(rows)).one()


def role(name: BaseRole) -> str:
    """The id of a role that the server brings."""
    return spell(Role(id=ROLES[name]))


async def newest(who: Person) -> str:
    """The id of the key that somebody made last."""
    return (await who.ask(KEYS)).payload["apiKeys"]["nodes"][0]["id"]


def anew(who: Person) -> Person:
    """The same at a server that remembers nothing."""
    return Person(who.equipment, Authentication(who.equipment), who.address, who.access)


async def opens(who: Person) -> bool:
    try:
        return (await who.ask(VIEWER)).payload == {"email": EMAIL}
    except Unauthenticated:
        return False


@pytest.fixture
async def ada(client: Client) -> AsyncIterator[Person]:
    """Somebody who has just signed up, while the server hears of changes."""
    async with client.authentication.running():
        yield await person(client, EMAIL)
