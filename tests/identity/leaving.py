"""An administrator, and somebody else who is about to leave."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from db.models import AuditEntry, User
from resolvers.access import Actor, BaseRole
from resolvers.errors import Unauthenticated
from resolvers.identity.accounts import ROLES
from schema.ids import row_id
from tests.conftest import Save
from tests.factories import an_upload, everything
from tests.identity.conftest import VIEWER, Change, Client

SELF = "{ viewer { id } }"
DEACTIVATE = """mutation ($id: ID!) { userDeactivate(input: {id: $id}) {
  user { isActive } userErrors { code field }
} }"""
THEIRS = "grace@example.org"


@pytest.fixture
async def admin(client: Client, change: Change) -> AsyncIterator[Client]:
    """An administrator, while the server hears of changes."""
    await client.sign_up()
    await change(User, role_id=ROLES[BaseRole.ADMIN])
    await client.log_in()
    async with client.authentication.running():
        yield client


@pytest.fixture
async def grace(admin: Client) -> Client:
    """Somebody else."""
    grace = admin.another()
    await grace.sign_up(THEIRS, fullName="Grace Hopper")
    return grace


async def id_of(client: Client) -> str:
    return (await client.ask(SELF)).payload["id"]


async def over(client: Client) -> None:
    async with asyncio.timeout(5):
        while True:
            try:
                await client.ask(VIEWER)
            except Unauthenticated:
                return
            await asyncio.sleep(0.02)


@pytest.fixture
async def owner(grace: Client, save: Save) -> Actor:
    """Somebody who has a row of everything that there is, and files."""
    owner = Actor(row_id(await id_of(grace), User), BaseRole.USER)
    await save(*(row for row in everything(owner) if not isinstance(row, AuditEntry)))
    async with grace.equipment.store.scratch() as path:
        path.write_bytes(b"f_0,f_1\n1,2\n")
        await grace.equipment.store.keep(path, "uploads/theirs")
    await save(*(an_upload(owner) for _ in range(6)))
    await save(an_upload(owner, file_path="uploads/theirs"))
    return owner
