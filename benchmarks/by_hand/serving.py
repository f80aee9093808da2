"""Serves an application as the product's server does."""

import asyncio
import os

import uvicorn
import uvloop
from starlette.applications import Starlette

from server import web
from server.settings import Settings


def serve(app: Starlette) -> None:
    """Until it is ended, at the port in the environment."""
    settings = Settings(address_connections=20_000, connections=20_000)
    config = web.config(app, settings)
    config.port = int(os.environ["PORT"])
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(uvicorn.Server(config).serve())
