"""Granian in place of uvicorn: its HTTP is Rust's, and less of it is ours to guard."""

import asyncio
import logging
import socket
from typing import Any

from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.embed import Server
from starlette.applications import Starlette
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from server.http import LARGEST, PATIENCE
from server.listening import MESSAGE, WAITING
from server.settings import Settings
from server.stopping import DRAIN

PARTING = 3.0
"""Seconds that websockets have to close."""
REST = 0.5
"""Seconds that its threads have to end, of which it tells nobody: one that is still
there when Python ends aborts the process."""
logger = logging.getLogger(__name__)


class Embedded(Server):
    """Granian in a process of ours, at a listener of ours."""

    listener = -1

    def _init_shared_socket(self) -> None:
        self._ssp = None
        made: Any = SocketHolder  # whose types are not told
        self._shd = made(self.listener, False, WAITING)  # noqa: FBT003  nor their names


class Granian:
    """Granian with what it lacks: whose word is taken, and how websockets end."""

    def __init__(self, app: Starlette, settings: Settings) -> None:
        self._app = app
        self._stopping = asyncio.Event()
        self._adapted = Adapted(app)
        target: Any = self._adapted
        if settings.trusted_proxies:
            target = ProxyHeadersMiddleware(target, sorted(settings.trusted_proxies))
        self._server = Embedded(
            target=target,
            interface=Interfaces.ASGINL,
            http=HTTPModes.http1,
            http1_settings=HTTP1Settings(
                header_read_timeout=int(PATIENCE * 1000), max_buffer_size=LARGEST
            ),
            backpressure=settings.connections,
            log_level=LogLevels.error,
            log_dictconfig={"incremental": True, "handlers": {}, "loggers": {}},
        )

    def stop(self) -> None:
        self._stopping.set()

    async def serve(self, sockets: list[socket.socket]) -> None:
        """Answer at a listener until told to stop; then end what has begun."""
        (listener,) = sockets
        listener.settimeout(0)
        self._server.listener = listener.detach()
        async with self._app.router.lifespan_context(self._app):
            serving = asyncio.create_task(self._server.serve())
            stopping = asyncio.create_task(self._stopping.wait())
            await asyncio.wait({serving, stopping}, return_when="FIRST_COMPLETED")
            stopping.cancel()
            await self._adapted.close()
            self._server.stop()
            await asyncio.wait({serving}, timeout=DRAIN)
            if not serving.done():
                logger.error("requests were broken off after %g s", DRAIN)
                self._adapted.break_off()
                await asyncio.wait({serving}, timeout=PARTING)
        await asyncio.sleep(REST)


class Adapted:
    """An application as Granian is to see it: what runs in it can be ended."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._closing = asyncio.Event()
        self._websockets: set[Any] = set()
        self._requests: set[Any] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        websocket = scope["type"] == "websocket"
        running = self._websockets if websocket else self._requests
        heard = self._heard(receive, send) if websocket else ending(scope, receive)
        running.add(task := asyncio.current_task())
        try:
            await self._app(scope, heard, send)
        finally:
            running.discard(task)

    async def close(self) -> None:
        """Send the clients of all websockets elsewhere."""
        self._closing.set()
        if self._websockets:
            await asyncio.wait(self._websockets, timeout=PARTING)

    def break_off(self) -> None:
        """Cancel all requests."""
        for task in self._requests:
            task.cancel()

    def _heard(self, receive: Receive, send: Send) -> Receive:
        """Receives until all are to close, or the client says too much at once."""

        async def heard() -> Message:
            coming = asyncio.ensure_future(receive())
            closing = asyncio.create_task(self._closing.wait())
            await asyncio.wait({coming, closing}, return_when="FIRST_COMPLETED")
            closing.cancel()
            if not coming.done():
                coming.cancel()
                return await parted(send, 1012)
            said = coming.result()
            if len(said.get("text") or said.get("bytes") or "") > MESSAGE:
                return await parted(send, 1009)
            return said

        return heard


async def parted(send: Send, code: int) -> Message:
    """Close a websocket, as the application hears of it."""
    await send({"type": "websocket.close", "code": code})
    return {"type": "websocket.disconnect", "code": code}


def ending(scope: Scope, receive: Receive) -> Receive:
    """Receives a body whose last part says so. Granian's says it in one more, empty."""
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    if not lengths:
        return receive
    left = int(lengths[0])

    async def received() -> Message:
        nonlocal left
        message = await receive()
        while left <= 0 and message["type"] == "http.request":
            message = await receive()
        left -= len(message.get("body", b""))
        return {**message, "more_body": left > 0}

    return received if left > 0 else receive
