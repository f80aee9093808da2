"""The server of `benchmarks.fanout`: the product, and beside it a bare broadcast.

Both are in one process, behind the same uvicorn, and wake at words of the same bus.
"""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import uvicorn
from sqlalchemy import event
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from db.session import Database
from db.texts import Text
from resolvers.equipment import Bus
from server import memory, web
from server.app import create_app
from server.equipment import equipped
from server.listening import listener
from server.settings import Settings

TOPIC = "broadcast"
"""What the bare endpoint listens for."""


class Bare:
    """A websocket endpoint that sends a text to all who are there."""

    def __init__(self) -> None:
        self.text = ""
        self.there: set[WebSocket] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        websocket = WebSocket(scope, receive, send)
        await websocket.accept("graphql-transport-ws")
        self.there.add(websocket)
        while (await websocket.receive())["type"] != "websocket.disconnect":
            pass
        self.there.remove(websocket)

    async def tell(self, bus: Bus) -> None:
        async with bus.listen(TOPIC, None) as words:
            async for _ in words:
                for websocket in [*self.there]:
                    await websocket.send_text(self.text)


class Reads:
    """Counts the statements that read."""

    def __init__(self, database: Database) -> None:
        self.count = 0
        event.listen(database.readers.sync_engine, "before_cursor_execute", self.note)
        arguments = Text.arguments

        def counted(text: Text, values: Mapping[str, Any]) -> Any:
            self.count += text.text.lstrip("( ").startswith(("SELECT", "WITH"))
            return arguments(text, values)

        setattr(Text, "arguments", counted)  # noqa: B010  it is put in another's place

    def note(self, *given: Any) -> None:
        self.count += given[2].startswith("SELECT")


async def main() -> None:
    settings = Settings(
        data=Path(os.environ["HELIOGRAPH_DATA"]), port=int(os.environ["PORT"])
    )
    async with equipped(settings) as equipment:
        bare, reads = Bare(), Reads(equipment.database)

        async def state(_: Request) -> Response:
            return JSONResponse({"there": len(bare.there), "reads": reads.count})

        async def say(request: Request) -> Response:
            bare.text = (await request.body()).decode()
            return Response(status_code=204)

        app = create_app(equipment, settings)
        app.router.routes[:0] = [
            WebSocketRoute("/bare", bare),
            Route("/bare", state),
            Route("/bare", say, methods=["POST"]),
        ]
        memory.settle()
        telling = asyncio.create_task(bare.tell(equipment.bus))
        server = uvicorn.Server(web.config(app, settings))
        await server.serve([listener(settings.host, settings.port)])
        telling.cancel()


if __name__ == "__main__":
    asyncio.run(main())
