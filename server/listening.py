"""The port that requests come in at, and what may come."""

import socket
from collections.abc import Generator
from contextlib import contextmanager

from server.failures import Failure

WAITING = 2048
"""Connections that wait to be taken."""
MESSAGE = 2**20
"""Bytes of a websocket's message."""


def listener(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """Where requests come in. Raises Failure if somebody else listens there.

    A shared port is that of several processes, each with a listener of its own.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server(
            (host, port), family=family, backlog=WAITING, reuse_port=shared
        )
    except OSError as error:
        said = error.strerror or error
        raise Failure(f"port {port} of {host} cannot be had: {said}") from error


@contextmanager
def reserved(host: str, port: int) -> Generator[int]:
    """Keep a port for listeners that share it; 0 is any that is free.

    Raises Failure if somebody listens there already, be it one who would share it.
    """
    with listener(host, port) as alone:
        number: int = alone.getsockname()[1]
    with socket.socket(alone.family) as kept:
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            kept.bind((host, number))
        except OSError as error:
            raise Failure(f"port {number} of {host} cannot be had: {error}") from error
        yield number
