"""Ways to talk with a server over real sockets."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any, Self

import uvicorn
from starlette.types import ASGIApp
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

SECONDS = 5
PROTOCOL = "graphql-transport-ws"


@asynccontextmanager
async def serving(app: ASGIApp, **options: Any) -> AsyncGenerator[str]:
    """A server on a port of its own; gives host and port."""
    config = uvicorn.Config(app, port=0, log_config=None, lifespan="off", **options)
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    host, port = server.servers[0].sockets[0].getsockname()
    try:
        yield f"{host}:{port}"
    finally:
        await server.shutdown()


class Talk:
    """A websocket that speaks GraphQL."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def send(self, type_: str, **message: Any) -> Self:
        await self.socket.send(json.dumps({"type": type_, **message}))
        return self

    async def hear(self) -> dict[str, Any]:
        async with asyncio.timeout(SECONDS):
            return json.loads(await self.socket.recv())

    async def init(self, **payload: Any) -> Self:
        await self.send("connection_init", payload=payload)
        assert await self.hear() == {"type": "connection_ack"}
        return self

    async def subscribe(self, query: str, id_: str = "1", **more: Any) -> Self:
        return await self.send("subscribe", id=id_, payload={"query": query, **more})

    async def closed(self) -> tuple[int, str]:
        """The code and reason it was closed with; fails if it stays open."""
        async with asyncio.timeout(SECONDS):
            with suppress(ConnectionClosed):
                while True:
                    await self.socket.recv()
            await self.socket.wait_closed()
        assert self.socket.close_code is not None
        return self.socket.close_code, self.socket.close_reason or ""


@asynccontextmanager
async def talking(
    address: str, protocols: tuple[str, ...] = (PROTOCOL,), **options: Any
) -> AsyncGenerator[Talk]:
    spoken = [Subprotocol(one) for one in protocols] or None
    url = f"ws://{address}/graphql"
    async with connect(url, subprotocols=spoken, **options) as socket:
        yield Talk(socket)


def codes(message: dict[str, Any]) -> set[str]:
    """The codes in an `error` message."""
    return {error["extensions"]["code"] for error in message["payload"]}
