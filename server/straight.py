"""The short way: what is known and admitted is answered straight from ASGI.

A query that was asked before, by somebody who was here just now, is one statement
whose text is the answer; a mutation is run at once. Whatever is not so simple goes the
long way, which says what is wrong with it, or makes it simple for the next time.
"""

import time
from contextlib import suppress
from dataclasses import dataclass

from graphql import GraphQLError, OperationType
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, clear_contextvars

from db import faultpoints
from db.session import Database
from resolvers.access import ANONYMOUS
from resolvers.errors import Denial
from resolvers.statements import MISSING
from resolvers.writes import Origin
from schema.documents import Known
from schema.execution import MARK
from schema.plans import plan_of
from server import access, metrics, responses
from server.admission import Operation
from server.answers import Answer, Rejected
from server.authentication import Authentication
from server.body import LARGEST, Asked, read_json
from server.endpoint import Endpoint
from server.guards import guarded
from server.heads import Head, Heads, Sent, again, sent
from server.negotiation import GRAPHQL
from server.principals import Principal, paying

PERSISTED = {"persistedQuery": None}
"""The extensions that are read: of any other the long way may know more."""


@dataclass(slots=True)
class Found:
    """An operation that is known, who asks for it, and what they pay."""

    asked: Asked
    known: Known
    points: float
    principal: Principal
    address: str | None


class Straight:
    """An application around another, which it spares what it can answer itself."""

    def __init__(
        self,
        app: ASGIApp,
        endpoint: Endpoint,
        authentication: Authentication,
        database: Database,
    ) -> None:
        self._app = app
        self._endpoint = endpoint
        self._operations = endpoint.operations
        self._authentication = authentication
        self._database = database
        self._heads = Heads(*([b"origin"] if endpoint.allowed_origins else []))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] == "http"
            and scope["path"] == "/graphql"
            and scope["method"] == "POST"
            and (head := self._heads.read(scope["headers"]))
        ):
            begun = time.perf_counter()
            message = await receive()
            if found := self._found(head, message, scope["client"]):
                answer = await self._answer(found, head)
                if answer:
                    await faultpoints.pass_by("resp.before_send")
                    await sent(send, scope, head, answer)
                    seconds = time.perf_counter() - begun
                    _told(head, found.known.name, answer.status, seconds)
                    return
            receive = again(message, receive)
        await self._app(scope, receive, send)

    def _found(
        self, head: Head, message: Message, client: tuple[str, int] | None
    ) -> Found | None:
        """What a body asks, if it is known, and whoever asks may ask for it."""
        principal = self._authentication.at_once(head.bearer)
        body = message.get("body", b"")
        if principal is None or message.get("more_body") or len(body) > LARGEST:
            return None
        admission, actor = self._operations.admission, principal.actor
        try:
            asked = read_json(body)
            if (asked.extensions or PERSISTED).keys() != PERSISTED.keys():
                return None
            text = admission.persisted.at_once(actor, asked)
            known = text and admission.known(text, asked.operation_name)
            if not known or known.kind is OperationType.SUBSCRIPTION:
                return None
            given = asked.variables or {}
            cost = admission.cost(known, given, stranger=actor == ANONYMOUS)
        except (HTTPException, Denial):
            return None
        return Found(asked, known, cost.points + 1, principal, client and client[0])

    async def _answer(self, found: Found, head: Head) -> Sent | None:
        if found.known.kind is OperationType.MUTATION:
            return await self._done(found, head)
        begun = time.perf_counter()
        if (text := await self._read(found)) is None:
            return None
        metrics.read_at_once(time.perf_counter() - begun)
        return Sent(b"".join((b'{"data":', text.encode(), b"}")))

    async def _read(self, found: Found) -> str | None:
        """The answer to a query, if one statement gives it and there is a turn free."""
        asking = found.known.asking(
            self._operations.schema, found.asked.variables or {}
        )
        plan = asking and plan_of(asking)
        whose = paying(found.principal.actor, found.address)
        turn = self._operations.turns.of(whose)
        if not (asking and plan) or plan.too_deep or turn.locked():
            return None
        actor = found.principal.actor
        async with turn:
            with suppress(Denial, GraphQLError, SQLAlchemyError):
                text, values = plan.text(asking, actor, self._database.speech)
                await self._operations.admission.pay(actor, whose, found.points)
                values[MISSING] = MARK
                answer = await self._database.direct.scalar(text, values)
                return None if MARK in answer else answer
        return None

    async def _done(self, found: Found, head: Head) -> Sent:
        """What comes of a mutation, which is run for good and all."""
        clear_contextvars()
        bind_contextvars(request_id=head.request_id, operation=found.known.name)
        response = await guarded(self._run(found, head), head.request_id)
        return Sent(bytes(response.body), response.status_code, response.raw_headers)

    async def _run(self, found: Found, head: Head) -> Response:
        who, operations = found.principal, self._operations
        where = Origin(head.request_id, found.address, head.agent, who.session_id)
        context = self._endpoint.context(who.actor, where)
        whose = paying(who.actor, found.address)
        await operations.admission.pay(who.actor, whose, found.points)
        try:
            operation = Operation(found.asked, found.known, of_schema=False)
            answer = await operations.answer(operation, context)
        except Rejected as error:
            told = operations.told(error.errors, who.actor)
            answer = Answer(told, refused=True)
        status = 400 if answer.refused and head.media == GRAPHQL else 200
        return responses.json(answer.body(), status, head.media)


def _told(head: Head, name: str, status: int, seconds: float) -> None:
    metrics.REQUESTS.labels("POST", status).inc()
    access.answered(head.request_id, name, status, seconds)
