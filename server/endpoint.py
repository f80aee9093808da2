"""GraphQL over HTTP; websockets are passed on."""

import asyncio
import re
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from graphql import OperationType
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry import Schema
from structlog.contextvars import bind_contextvars

from db import faultpoints
from resolvers.access import Actor
from resolvers.context import Context
from resolvers.errors import Unauthenticated
from resolvers.writes import Origin
from server import body, responses
from server.answers import Answer, Rejected
from server.body import Asked
from server.buckets import Buckets, MemoryBuckets
from server.calls import Calls
from server.guards import guarded
from server.limits import Limits
from server.negotiation import GRAPHQL, HTML, JSON, negotiated
from server.operations import Operations
from server.persisted import Persisted
from server.principals import STRANGER, Authenticate, Principal, origin, shown
from server.till import REMAINING, Payer
from server.websocket import Sockets, never

PAYER = "heliograph.payer"
"""Of a request's scope: who pays for it, as soon as that is known."""
REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


@dataclass(kw_only=True, eq=False)
class Endpoint:
    """An ASGI application that answers for a schema."""

    schema: Schema
    context: Callable[[Actor, Origin], Context]
    authenticate: Authenticate
    calls: Calls
    """Counts those of keys and plans."""
    limits: Limits = field(default_factory=Limits)
    buckets: Buckets = field(default_factory=MemoryBuckets)
    """Whose points pay for what is asked."""
    persisted: Persisted = field(default_factory=Persisted)
    """The documents that may be asked by their ids."""
    multipart: Callable[[Request], Awaitable[Asked]] | None = None
    """Reads a request with files."""
    page: Callable[[Request], Awaitable[Response]] | None = None
    """What a browser is shown that asks for nothing."""
    revoked: Callable[[Principal], Awaitable[None]] = never
    """Returns when the session of a websocket's principal is revoked."""
    allowed_origins: frozenset[str] = frozenset()
    """Whose pages may open websockets besides our own: `https://example.com`."""

    def __post_init__(self) -> None:
        self.operations = Operations(
            self.schema, self.limits, self.calls, self.buckets, self.persisted
        )
        self._sockets = Sockets(
            self.operations,
            self.context,
            self.authenticate,
            self.revoked,
            self.allowed_origins,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._sockets.serve(WebSocket(scope, receive, send))
            return
        request = Request(scope, receive)
        request_id = identified(request.headers.get("x-request-id", ""))
        try:
            response = await guarded(self._answered(request, request_id), request_id)
        except ClientDisconnect:
            return
        response.headers["x-request-id"] = request_id
        self._tell(response, request.scope.get(PAYER))
        await response(scope, receive, send)

    def _tell(self, response: Response, payer: Payer | None) -> None:
        """Say how much is left to whoever asked, if they have not been told."""
        if payer and REMAINING not in response.headers:
            response.raw_headers += self.operations.till.headers(payer)

    async def _answered(self, request: Request, request_id: str) -> Response:
        if request.method not in {"GET", "POST"}:
            said = f"GET and POST are answered, not {request.method}"
            raise HTTPException(405, said, {"allow": "GET, POST"})
        asks = body.ASKS & request.query_params.keys()
        idle = request.method == "GET" and not asks
        offered = (JSON, GRAPHQL, *((HTML,) if self.page and idle else ()))
        media = negotiated(request.headers.get("accept", ""), offered)
        if media is None:
            raise HTTPException(406, f"an answer is {JSON} or {GRAPHQL}")
        if media == HTML and self.page:
            return await self.page(request)
        where = origin(request, STRANGER, request_id)
        admission, address = self.operations.admission, where.address
        try:
            principal = await self.authenticate(shown(request.headers), where)
        except Unauthenticated:
            await admission.till.enter(admission.payer(STRANGER, address))
            raise
        request.scope[PAYER] = admission.payer(principal, address)
        asked = await self._asked(request)
        answer = await self._answer(request, asked, principal, request_id)
        await faultpoints.pass_by("resp.before_send")
        status = 400 if answer.refused and media == GRAPHQL else 200
        return responses.json(answer.body(), status, media)

    async def _asked(self, request: Request) -> Asked:
        if request.method == "GET":
            return body.queried(request.query_params)
        if body.media_type(request) == JSON:
            return await body.posted(request)
        if self.multipart is None:
            raise HTTPException(415, f"a body is {JSON}: files are not taken here")
        return await self.multipart(request)

    async def _answer(
        self, request: Request, asked: Asked, principal: Principal, request_id: str
    ) -> Answer:
        actor, payer = principal.actor, request.scope[PAYER]
        context = self.context(actor, origin(request, principal, request_id))
        try:
            operation = await self.operations.admitted(asked, context, payer)
            bind_contextvars(operation=operation.known.name)
            if operation.kind is OperationType.SUBSCRIPTION:
                raise HTTPException(400, "subscriptions are run over a websocket")
            if operation.kind is OperationType.MUTATION and request.method == "GET":
                raise HTTPException(
                    405, "mutations are sent by POST", {"allow": "POST"}
                )
            work = self.operations.answer(operation, context)
            return await while_there(request, work)
        except Rejected as error:
            return Answer(self.operations.told(error.errors, actor), refused=True)


def identified(given: str) -> str:
    """The id a client gives its request, or one of ours."""
    return given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


async def while_there(request: Request, work: Coroutine[Any, Any, Answer]) -> Answer:
    """What some work gives; it is cancelled when the client leaves.

    Raises ClientDisconnect.
    """
    task, left = asyncio.create_task(work), asyncio.create_task(gone(request))
    try:
        await asyncio.wait({task, left}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientDisconnect
        return task.result()
    finally:
        left.cancel()
        task.cancel()


async def gone(request: Request) -> None:
    """Return when the client has left."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
