"""Serves what was written by hand: `python -m benchmarks.by_hand.app`, with PORT."""

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import orjson
import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.by_hand.answers import answering
from server import web
from server.settings import Settings


def app(database: str) -> Starlette:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncGenerator[None]:
        async with answering(database) as app.state.answer:
            yield

    async def answer(request: Request) -> Response:
        given = orjson.loads(await request.body())
        text = await request.app.state.answer(request.path_params["query"], given)
        return Response(text, media_type="application/json")

    route = Route("/{query}", answer, methods=["POST"])
    return Starlette(routes=[route], lifespan=lifespan)


async def main() -> None:
    settings = Settings(address_connections=20_000, connections=20_000)
    config = web.config(app(os.environ["DATABASE"]), settings)
    config.port = int(os.environ["PORT"])
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
