"""The whole server at an address, and a program that is signed in there."""

from collections.abc import AsyncIterator

import httpx
import pytest

from resolvers.access import Actor
from resolvers.equipment import Equipment
from resolvers.identity import tokens
from server.app import create_app
from server.settings import Settings
from tests.conftest import Save
from tests.factories import a_session
from tests.processes import FREELY
from tests.server.clients import serving


@pytest.fixture
async def bearer(equipment: Equipment, analyst: Actor, save: Save) -> str:
    """What the analyst signs requests with."""
    session = await save(a_session(analyst))
    ends = tokens.expiry(600)
    claims = tokens.Claims(session.owner_id, session.id, 1, ends)
    return f"Bearer {tokens.access(equipment.keys, claims)}"


@pytest.fixture
async def web(equipment: Equipment, bearer: str) -> AsyncIterator[httpx.AsyncClient]:
    """Speaks HTTP with the server, as the analyst."""
    async with serving(create_app(equipment, Settings(**FREELY))) as address:
        signed = {"authorization": bearer}
        url = f"http://{address}"
        async with httpx.AsyncClient(
            base_url=url, headers=signed, timeout=20
        ) as client:
            yield client
