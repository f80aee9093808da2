"""The access log: a line for each request, by the shortest way there is."""

import asyncio
import logging
from typing import Any, TextIO

import orjson

from db.base import utcnow

WAIT = 0.1
"""Seconds that a line may wait for others, to be written with them."""
WAITING = 500
"""Lines that wait at most."""
NAME = "heliograph.access"
LOGGER = logging.getLogger(NAME)
EVENT = "answered"


class Lines:
    """Lines of JSON that are written together, a few times a second."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._waiting: list[bytes] = []

    def put(self, line: dict[str, Any]) -> None:
        self._waiting.append(orjson.dumps(line))
        if len(self._waiting) == 1:
            asyncio.get_running_loop().call_later(WAIT, self.write)
        elif len(self._waiting) >= WAITING:
            self.write()

    def write(self) -> None:
        """Write what waits."""
        if self._waiting:
            text = b"\n".join([*self._waiting, b""]).decode()
            self._waiting.clear()
            self._stream.write(text)
            self._stream.flush()


_lines: Lines | None = None
"""Where lines go that need no formatting, if the log is JSON."""


def shorten(stream: TextIO | None) -> None:
    """Write lines to a stream from now on, or by way of logging."""
    global _lines  # noqa: PLW0603  as there is one log
    flush()
    _lines = Lines(stream) if stream else None


def flush() -> None:
    """Write the lines that wait for others."""
    if _lines:
        _lines.write()


def answered(request_id: str, operation: str, status: int, seconds: float) -> None:
    """Tell of an operation that is known. No secret can be in its name."""
    line = {
        "method": "POST",
        "path": "/graphql",
        "status": status,
        "ms": round(seconds * 1000, 1),
        "operation": operation,
        "request_id": request_id,
    }
    if not LOGGER.isEnabledFor(logging.INFO):
        return
    if _lines is None:
        LOGGER.info(EVENT, extra=line)
        return
    at = utcnow().isoformat().replace("+00:00", "Z")
    rest = {"level": "info", "logger": LOGGER.name, "timestamp": at}
    _lines.put({"event": EVENT, **line, **rest})
