"""All that is kept of somebody, to be saved: GET /export?ticket=…"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from resolvers.access import Actor, BaseRole
from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.errors import RateLimited
from resolvers.identity import exports
from server.guards import guarded
from server.principals import STRANGER, Principal
from server.tolls import Toll

POINTS = 200
"""What it costs; somebody who has not paid may spend 2,000 at once."""

HEADERS = {
    "content-type": "application/x-ndjson",
    "content-disposition": 'attachment; filename="heliograph.jsonl"',
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Personal:
    """Answers whoever has a ticket of `viewerExport`, such as a browser by a link."""

    equipment: Equipment
    toll: Toll
    _sending: set[UUID] = field(default_factory=set[UUID])
    """Whose are being sent."""

    async def answer(self, request: Request) -> Response:
        request_id = request.headers.get("x-request-id", "")
        return await guarded(self._sent(request), request_id)

    async def _sent(self, request: Request) -> Response:
        await self.toll.pay(request, STRANGER, 1)
        context = Context(self.equipment)
        ticket = request.query_params.get("ticket", "")
        user_id = await exports.holder(context, ticket)
        if user_id in self._sending:
            raise RateLimited("this is being sent already; wait until it has come", 10)
        self._sending.add(user_id)
        try:
            holder = Principal(Actor(user_id, BaseRole.USER))
            await self.toll.pay(request, holder, POINTS)
        except BaseException:
            self._sending.discard(user_id)
            raise
        return Sent(exports.lines(context, user_id), self._sending, user_id)


class Sent(StreamingResponse):
    """What is sent of somebody's, until it has been."""

    def __init__(
        self, lines: AsyncGenerator[bytes], sending: set[UUID], user_id: UUID
    ) -> None:
        super().__init__(lines, headers=HEADERS)
        self._sending, self._user_id = sending, user_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._sending.discard(self._user_id)
