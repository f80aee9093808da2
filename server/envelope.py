"""What is around every answer: an id, safe headers, a line in the log."""

import logging
import time
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, clear_contextvars

from server import metrics
from server.endpoint import identified

SAFE = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
METHODS = {
    *("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "WEBSOCKET"),
}
OTHER = "OTHER"
"""What the metrics call any other, of which there is no end."""
YEAR = 31_536_000
SHOWN = 200
"""Characters of a path that are logged."""
logger = logging.getLogger("heliograph.access")


class Envelope:
    """The outermost application. It gives each request the id it is known by."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        request_id = identified(Headers(scope=scope).get("x-request-id", ""))
        _set_header(scope, b"x-request-id", request_id.encode())
        seen: dict[str, Any] = {"status": 0}

        async def sent(message: Message) -> None:
            _note(message, seen, scope, request_id)
            await send(message)

        begun = time.perf_counter()
        clear_contextvars()
        bind_contextvars(request_id=request_id)
        try:
            await self._app(scope, receive, sent)
        finally:
            _told(scope, seen["status"], time.perf_counter() - begun)


def _note(message: Message, seen: dict[str, Any], scope: Scope, id_: str) -> None:
    if message["type"] == "http.response.start":
        seen["status"] = message["status"]
        headers = MutableHeaders(scope=message)
        for name, value in SAFE.items():
            headers.setdefault(name, value)
        headers.setdefault("x-request-id", id_)
        if scope["scheme"] == "https":
            headers.setdefault("strict-transport-security", f"max-age={YEAR}")
    elif message["type"] == "websocket.accept":
        seen["status"] = 101
    elif message["type"] == "websocket.close":
        seen["status"] = seen["status"] or 403


def _told(scope: Scope, status: int, seconds: float) -> None:
    """One line in the log. A status of 0 is a client that left before its answer."""
    method = scope.get("method", "WEBSOCKET")
    metrics.REQUESTS.labels(method if method in METHODS else OTHER, status).inc()
    line = {
        "method": method,
        "path": scope["path"][:SHOWN],
        "status": status,
        "ms": round(seconds * 1000, 1),
    }
    logger.info("answered", extra=line)


def _set_header(scope: Scope, name: bytes, value: bytes) -> None:
    others = [pair for pair in scope["headers"] if pair[0].lower() != name]
    scope["headers"] = [*others, (name, value)]
