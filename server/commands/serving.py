"""heliograph serve and worker: the processes, from their start to their end."""

import asyncio
import logging
import signal
import socket
from argparse import Namespace
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from typing import Any

import uvicorn
from starlette.applications import Starlette

from resolvers.equipment import Equipment
from server import demo, logs, scheduler, startup
from server.app import create_app
from server.commands.output import say
from server.disk import using
from server.equipment import equipped
from server.failures import Failure
from server.http import protocol
from server.settings import Settings
from server.worker import work

DRAIN = 20
"""Seconds that requests have to end once the server stops."""
MESSAGE = 2**20
"""Bytes of a websocket's message."""
SIGNALS = (signal.SIGINT, signal.SIGTERM)
logger = logging.getLogger(__name__)


class WebServer(uvicorn.Server):
    """A server that leaves signals to us."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


async def serve(settings: Settings, asked: Namespace) -> None:
    """Answer requests and run jobs, or one of them, until a signal comes."""
    stop = _signals()
    logs.configure(settings.log_level, settings.log_format)
    migrate = settings.embedded if asked.migrate is None else asked.migrate
    with using(settings.data):
        await startup.migrated(settings, migrate=migrate)
        async with equipped(settings) as equipment:
            await startup.checked(equipment)
            if asked.only == "worker":
                say("working; nothing is served")
                async with _working(settings, equipment):
                    await stop.wait()
            else:
                await _answer(settings, equipment, asked.only, stop)
    logger.info("stopped")


async def _answer(
    settings: Settings, equipment: Equipment, only: str | None, stop: asyncio.Event
) -> None:
    """Answer requests until told to stop; then first say so, and then stop."""
    app = create_app(equipment, settings)
    listener = _listener(settings)
    server = WebServer(_config(app, settings))
    answering = asyncio.create_task(server.serve([listener]))
    answering.add_done_callback(lambda _: stop.set())
    try:
        async with _working(settings, equipment) if only is None else nullcontext():
            await _tell(settings, equipment, listener)
            await stop.wait()
            app.state.health.stopping = True
            await asyncio.sleep(0 if answering.done() else settings.stop_notice)
    finally:
        server.should_exit = True
        await answering


@asynccontextmanager
async def _working(settings: Settings, equipment: Equipment) -> AsyncGenerator[None]:
    """Run jobs and routines meanwhile. Afterwards jobs are put back for others."""
    running = work(equipment, settings.jobs_at_once), scheduler.run(equipment)
    tasks = [asyncio.create_task(one) for one in running]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(ended, Exception):
                logger.error("a worker failed", exc_info=ended)


def _signals() -> asyncio.Event:
    """What is set by the first signal. The second has its usual effect, at once."""
    loop, came = asyncio.get_running_loop(), asyncio.Event()

    def heard() -> None:
        for one in SIGNALS:
            loop.remove_signal_handler(one)
        logger.info("stopping; a second signal ends this at once")
        came.set()

    for one in SIGNALS:
        loop.add_signal_handler(one, heard)
    return came


def _config(app: Starlette, settings: Settings) -> uvicorn.Config:
    proxies: Any = sorted(settings.trusted_proxies)
    return uvicorn.Config(
        app,
        access_log=False,
        forwarded_allow_ips=proxies,
        http=protocol(settings.address_connections, settings.trusted_proxies),
        limit_concurrency=settings.connections,
        log_config=None,
        proxy_headers=bool(proxies),
        server_header=False,
        timeout_graceful_shutdown=DRAIN,
        ws="websockets-sansio",
        ws_max_size=MESSAGE,
    )


def _listener(settings: Settings) -> socket.socket:
    """Where requests come in. Raises Failure if somebody else listens there."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    place = (settings.host, settings.port)
    try:
        return socket.create_server(place, family=family, backlog=2048)
    except OSError as error:
        said = error.strerror or error
        raise Failure(
            f"port {settings.port} of {settings.host} cannot be had: {said}"
        ) from error


async def _tell(
    settings: Settings, equipment: Equipment, listener: socket.socket
) -> None:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    url = f"http://{host}:{listener.getsockname()[1]}"
    say(f"Heliograph answers at {url}/graphql")
    if settings.graphiql:
        say(f"GraphiQL: open {url}/graphql in a browser")
    if login := await demo.login(equipment):
        say("Demo login: {} with the password {}".format(*login))
    await demo.warn(equipment, settings.host)
