"""What speaks HTTP for the application."""

import socket
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Protocol

import uvicorn
from starlette.applications import Starlette

from server.failures import Failure
from server.http import protocol
from server.listening import MESSAGE
from server.settings import Settings
from server.stopping import DRAIN
from server.wires import Wire


class Web(Protocol):
    async def serve(self, sockets: list[socket.socket]) -> None:
        """Answer at a listener until told to stop; then end what has begun."""
        ...

    def stop(self) -> None: ...


class Uvicorn(uvicorn.Server):
    """A server that leaves signals to us."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield

    def stop(self) -> None:
        self.should_exit = True


def server(app: Starlette, settings: Settings) -> Web:
    """The server that the settings choose. Raises Failure where it is not there."""
    if settings.server == "uvicorn":
        return Uvicorn(config(app, settings))
    try:
        from server.granian import Granian  # noqa: PLC0415  an extra
    except ImportError as error:
        said = "HELIOGRAPH_SERVER granian needs the extra `granian`"
        raise Failure(f"{said}: pip install heliograph[granian]") from error
    return Granian(app, settings)


def config(app: Starlette, settings: Settings) -> uvicorn.Config:
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
        ws=Wire,
        ws_max_size=MESSAGE,
    )
