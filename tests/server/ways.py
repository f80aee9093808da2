"""Clients of the whole application, who come by the short way or by the long one."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx

from db.base import utcnow
from resolvers.access import Actor
from resolvers.equipment import Equipment
from resolvers.identity import tokens
from server.app import create_app
from server.settings import Settings
from server.straight import Straight
from tests.conftest import Save
from tests.factories import a_session
from tests.server.clients import serving

Client = httpx.AsyncClient


async def signed(equipment: Equipment, save: Save, actor: Actor) -> str:
    session: Any = await save(a_session(actor))
    ends = utcnow() + timedelta(hours=1)
    claims = tokens.Claims(session.owner_id, session.id, 1, ends)
    return f"Bearer {tokens.access(equipment.keys, claims)}"


@asynccontextmanager
async def client(
    equipment: Equipment, settings: Settings, bearer: str, *, short: bool
) -> AsyncGenerator[Client]:
    made = create_app(equipment, settings)
    if not short:
        ways = made.user_middleware
        made.user_middleware = [one for one in ways if one.cls is not Straight]
    lifespan = made.router.lifespan_context(made)
    async with lifespan, serving(made) as address, Client() as there:
        there.base_url = f"http://{address}"
        there.headers["authorization"] = bearer
        yield there
