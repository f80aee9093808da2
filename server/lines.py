"""Lines of a body as they come, and lines of an answer meanwhile."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import NamedTuple

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

PATIENCE = 0.2
"""Seconds that a line waits for more, to be answered together with them."""
HEAVY = 2**22
"""Bytes of lines that wait for no more."""
LONGEST = 2**18
"""Bytes of a line. Of a longer one so many and one more come, and nothing after it."""


class Line(NamedTuple):
    """A line that is not blank."""

    number: int
    """Its place in the body, from 1; blank lines are counted."""
    text: bytes


Arrivals = asyncio.Queue[list[Line] | Exception | None]
"""Lines as they come; then what broke them off, or that they have ended."""


class Lines(Response):
    """Lines that are sent while the body they answer is still coming in."""

    media_type = "application/x-ndjson"

    def __init__(
        self, first: bytes, lines: AsyncGenerator[bytes, None], status: int
    ) -> None:
        super().__init__(status_code=status)
        del self.headers["content-length"]
        self._first, self._lines = first, lines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = {"type": "http.response.start", "status": self.status_code}
        await send({**start, "headers": self.raw_headers})
        part = {"type": "http.response.body", "more_body": True}
        await send({**part, "body": self._first})
        async with aclosing(self._lines):
            async for line in self._lines:
                await send({**part, "body": line})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def batches(
    chunks: AsyncGenerator[bytes, None], most: int
) -> AsyncGenerator[list[Line], None]:
    """Lines together as they come, at most so many, and few that are long.

    What breaks off the body is raised; lines that came before it are given first.
    """
    arrivals = Arrivals(2)
    reader = asyncio.create_task(_read(chunks, arrivals))
    waiting: list[Line] = []
    news: list[Line] | Exception | None = []
    clock, until = asyncio.get_running_loop().time, 0.0
    try:
        while isinstance(news, list):
            try:
                async with asyncio.timeout_at(until if waiting else None):
                    news = await arrivals.get()
            except TimeoutError:
                yield waiting
                waiting = []
                continue
            until = until if waiting else clock() + PATIENCE
            if isinstance(news, list):
                waiting += news
            wait = isinstance(news, list) and _size(waiting) < HEAVY
            least = most if wait else 1
            while len(waiting) >= least:
                yield waiting[:most]
                waiting = waiting[most:]
    finally:
        reader.cancel()
    if news:
        raise news


def _size(lines: list[Line]) -> int:
    return sum(len(line.text) for line in lines)


async def _read(chunks: AsyncGenerator[bytes, None], arrivals: Arrivals) -> None:
    number, rest = 1, b""
    try:
        async for chunk in chunks:
            *whole, rest = (rest + chunk).split(b"\n")
            lines = [Line(number + place, text) for place, text in enumerate(whole)]
            number += len(whole)
            if len(rest) > LONGEST:
                lines.append(Line(number, rest))
            if not await _put(lines, arrivals):
                break
        else:
            await _put([Line(number, rest)], arrivals)
        await arrivals.put(None)
    except Exception as error:  # noqa: BLE001  it is raised to whoever reads the lines
        await arrivals.put(error)


async def _put(lines: list[Line], arrivals: Arrivals) -> bool:
    """Pass lines on, up to one that is too long; whether there was none."""
    long = next((n for n, one in enumerate(lines) if len(one.text) > LONGEST), None)
    if long is not None:
        cut = Line(lines[long].number, lines[long].text[: LONGEST + 1])
        lines = [*lines[:long], cut]
    if some := [one for one in lines if one.text.strip()]:
        await arrivals.put(some)
    return long is None
