"""Who calls at an address beside GraphQL's, and how they are answered."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.platform.actions import Done
from schema.perform import told
from server.guards import guarded
from server.principals import origin
from server.tolls import Toll

STALL = 30.0
"""Seconds that a client may be silent in the middle of a body."""

Handler = Callable[[Context, Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Caller:
    """An ASGI application that answers one method for whoever is signed in."""

    equipment: Equipment
    toll: Toll
    handler: Handler
    method: str = "POST"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        request_id = request.headers.get("x-request-id", "")
        try:
            response = await guarded(self._answered(request, request_id), request_id)
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _answered(self, request: Request, request_id: str) -> Response:
        if request.method != self.method:
            said = f"{self.method} is answered here"
            raise HTTPException(405, said, {"allow": self.method})
        who = await self.toll.entered(request, request_id)
        about = origin(request, who, request_id)
        context = Context(self.equipment, who.actor, about)
        watched = Request(request.scope, self._watched(request, context))
        return await self.handler(context, watched)

    def _watched(self, request: Request, context: Context) -> Receive:
        """A body, each part of which is taken only from who may still be here.

        Receiving raises Unauthenticated once the token or its session has ended.
        """

        async def receive() -> Message:
            message = await request.receive()
            who = await self.toll.known(request, context.origin.request_id)
            if who.actor != context.actor:
                context.become(who.actor)
            return message

        return receive


async def body(request: Request) -> AsyncGenerator[bytes, None]:
    """A body as it comes. Raises HTTPException where nothing comes for too long."""
    stream = request.stream()
    while True:
        try:
            async with asyncio.timeout(STALL):
                chunk = await anext(stream)
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            said = f"nothing of the body came for {STALL:.0f} seconds"
            raise HTTPException(408, said) from error
        yield chunk


def payload(done: Done, **fields: Any) -> dict[str, Any]:
    """What came of an action, in the form of its mutation's payload."""
    errors = [
        {"code": one.code.name, "message": one.message, "field": one.field}
        for one in told(done.refusal)
    ]
    return {**fields, "userErrors": errors, "idempotencyReplayed": done.replayed}


def status(done: Done) -> int:
    """The status of an answer that is a payload."""
    if done.refusal is None:
        return 200 if done.replayed else 201
    return 422
