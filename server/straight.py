"""The short way: what is known and admitted is answered straight from ASGI.

A query that was asked before, by somebody who was here just now, is one statement
whose text is the answer; a mutation is run at once. Whatever is not so simple goes the
long way, which says what is wrong with it, or makes it simple for the next time.
"""

import asyncio
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
from resolvers.access import Actor
from resolvers.errors import Busy, Denial
from resolvers.statements import MISSING
from resolvers.writes import Origin
from schema.execution import MARK
from schema.plans import plan_of
from server import access, metrics, responses
from server.admission import Operation, within
from server.answers import Answer, Rejected
from server.authentication import Authentication
from server.body import LARGEST, read_json
from server.endpoint import Endpoint
from server.guards import guarded
from server.heads import Head, Heads, Sent, again, sent, soon
from server.negotiation import GRAPHQL
from server.principals import Principal
from server.rehearsed import Planned, Rehearsed
from server.till import Payer

PERSISTED = {"persistedQuery": None}
"""The extensions that are read: of any other the long way may know more."""


@dataclass(slots=True)
class Request:
    """A request whose head is simple, and who makes it."""

    head: Head
    body: bytes
    address: str | None
    payer: Payer

    @property
    def who(self) -> Principal:
        return self.payer.who


class Unknown(Exception):
    """It was not asked before, or not so simply."""


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
        self._rehearsed = Rehearsed()
        self._heads = Heads(*([b"origin"] if endpoint.allowed_origins else []))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] == "http"
            and scope["path"] == "/graphql"
            and scope["method"] == "POST"
            and not scope["query_string"]
            and (head := self._heads.read(scope["headers"]))
        ):
            begun = time.perf_counter()
            message = await soon(receive)
            if message and (request := self._request(head, message, scope["client"])):
                name, answer = await self._answer(request)
                if answer:
                    left = self._operations.till.headers(request.payer)
                    answer.headers = [*left, *(answer.headers or ())]
                    await faultpoints.pass_by("resp.before_send")
                    await sent(send, scope, head, answer)
                    seconds = time.perf_counter() - begun
                    metrics.REQUESTS.labels("POST", answer.status).inc()
                    access.answered(head.request_id, name, answer.status, seconds)
                    return
            receive = again(message, receive) if message else receive
        await self._app(scope, receive, send)

    def _request(
        self, head: Head, message: Message, client: tuple[str, int] | None
    ) -> Request | None:
        who, body = self._authentication.at_once(head.bearer), message.get("body", b"")
        if who is None or message.get("more_body") or len(body) > LARGEST:
            return None
        address = client and client[0]
        payer = self._operations.admission.payer(who, address)
        return Request(head, body, address, payer)

    async def _answer(self, request: Request) -> tuple[str, Sent | None]:
        """What a request is called in the log, and its answer if this is its way."""
        who, body = request.who, request.body
        planned = None if who.trusted_only else self._rehearsed.get(who.actor, body)
        if planned and planned.cost.points <= request.payer.most:
            return planned.name, await self._read(request, planned)
        try:
            operation = self._operation(request)
        except (HTTPException, Denial, Unknown):
            return "", None
        if operation.kind is OperationType.MUTATION:
            return operation.known.name, await self._done(request, operation)
        if planned := self._planned(who.actor, operation):
            if operation.asked.query:
                self._rehearsed.keep(who.actor, body, planned)
            return planned.name, await self._read(request, planned)
        return "", None

    def _operation(self, request: Request) -> Operation:
        """A known operation and its price. Raises Unknown, Denial, HTTPException."""
        admission, payer = self._operations.admission, request.payer
        asked = read_json(request.body)
        if (asked.extensions or PERSISTED).keys() != PERSISTED.keys():
            raise Unknown
        text = admission.persisted.at_once(payer.who, asked)
        known = text and admission.known(text, asked.operation_name)
        if not known or known.kind is OperationType.SUBSCRIPTION:
            raise Unknown
        cost = admission.cost(known, asked.variables or {}, payer)
        return Operation(asked, known, cost, payer)

    def _planned(self, actor: Actor, operation: Operation) -> Planned | None:
        known, given = operation.known, operation.asked.variables or {}
        asking = known.asking(self._operations.schema, given)
        plan = asking and plan_of(asking)
        if not (asking and plan) or plan.too_deep:
            return None
        try:
            text, values = plan.text(asking, actor, self._database.speech)
        except (Denial, GraphQLError):
            return None
        return Planned(known.name, operation.cost, text, {**values, MISSING: MARK})

    async def _read(self, request: Request, planned: Planned) -> Sent | None:
        """What one statement gives, if there is a turn free for it."""
        turn = self._operations.turns.of(request.payer.whose)
        if turn.locked():
            return None
        begun = time.perf_counter()
        try:
            async with turn, asyncio.timeout(self._operations.limits.seconds):
                if text := await self._text(request, planned):
                    metrics.read_at_once(time.perf_counter() - begun)
                    return Sent(b"".join((b'{"data":', text, b"}")))
        except TimeoutError:
            late = self._operations.late(OperationType.QUERY)
            return _sent(self._refused(request, late))
        self._rehearsed.forget(request.who.actor, request.body)
        return None

    async def _text(self, request: Request, planned: Planned) -> bytes | None:
        """The data of a paid answer, unless the long way has more to say of it."""
        till, points = self._operations.till, planned.cost.points
        payer = request.payer.of(planned.cost)
        with suppress(Denial):
            await till.take(payer, points + 1)
            with suppress(SQLAlchemyError):
                text = await self._database.direct.scalar(planned.text, planned.values)
                if MARK not in text:
                    told = text.encode()
                    till.give(payer, points + 1, 1 + planned.cost.actual(within(told)))
                    return told
            till.put_back(payer, points + 1)
        return None

    async def _done(self, request: Request, operation: Operation) -> Sent:
        """What comes of a mutation, which is run for good and all."""
        id_ = request.head.request_id
        clear_contextvars()
        bind_contextvars(request_id=id_, operation=operation.known.name)
        return _sent(await guarded(self._run(request, operation), id_))

    async def _run(self, request: Request, operation: Operation) -> Response:
        head, who, operations = request.head, request.who, self._operations
        seen = request.address, head.agent, who.session_id, who.key_prefix
        where = Origin(head.request_id, *seen)
        context = self._endpoint.context(who.actor, where)
        try:
            payer = request.payer.of(operation.cost)
            await operations.till.take(payer, operation.points)
            answer = await operations.answer(operation, context)
        except Busy as error:
            return self._refused(request, Rejected.by(error))
        except Rejected as error:
            return self._refused(request, error)
        return _told(request, answer)

    def _refused(self, request: Request, error: Rejected) -> Response:
        told = self._operations.told(error.errors, request.who.actor)
        return _told(request, Answer(told, refused=True))


def _told(request: Request, answer: Answer) -> Response:
    media = request.head.media
    status = 400 if answer.refused and media == GRAPHQL else 200
    return responses.json(answer.body(), status, media)


def _sent(response: Response) -> Sent:
    return Sent(bytes(response.body), response.status_code, response.raw_headers)
