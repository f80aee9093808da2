"""Serves what was written by hand: `python -m benchmarks.by_hand.app`, with PORT."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.by_hand.answers import answering
from benchmarks.by_hand.serving import serve


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


if __name__ == "__main__":
    serve(app(os.environ["DATABASE"]))
