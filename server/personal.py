"""All that is kept of somebody, to be saved: GET /export?ticket=…"""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.identity import exports
from server.guards import guarded

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

    async def answer(self, request: Request) -> Response:
        request_id = request.headers.get("x-request-id", "")
        return await guarded(self._sent(request), request_id)

    async def _sent(self, request: Request) -> Response:
        context = Context(self.equipment)
        ticket = request.query_params.get("ticket", "")
        user_id = await exports.holder(context, ticket)
        return StreamingResponse(exports.lines(context, user_id), headers=HEADERS)
