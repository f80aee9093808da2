"""Answers on their way out over HTTP."""

from collections.abc import Mapping

import orjson
from starlette.exceptions import HTTPException
from starlette.responses import Response

from server.negotiation import JSON

CODES = {
    401: "UNAUTHENTICATED",
    403: "FORBIDDEN",
    413: "LIMIT_EXCEEDED",
    429: "RATE_LIMITED",
    500: "INTERNAL",
    503: "SERVER_BUSY",
}
"""What a status is called among the errors; any other is a BAD_REQUEST."""


def json(
    body: object,
    status: int = 200,
    media: str = JSON,
    headers: Mapping[str, str] | None = None,
) -> Response:
    return Response(orjson.dumps(body), status, {**usual(media), **(headers or {})})


def usual(media: str) -> dict[str, str]:
    """The headers of every answer of a type."""
    return {
        "content-type": f"{media}; charset=utf-8",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }


def refusal(error: HTTPException) -> Response:
    """A request that is refused as such, in the form of a GraphQL answer."""
    code = CODES.get(error.status_code, "BAD_REQUEST")
    said = {"message": error.detail, "extensions": {"code": code}}
    return json({"errors": [said]}, error.status_code, headers=error.headers)
