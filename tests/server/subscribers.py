"""Subscribers without sockets, who may stop reading."""

import asyncio
from typing import Any

import orjson

from server.answers import Answer
from server.messages import Closing
from server.outbox import Outbox, Senders
from server.seats import Seat


class Client:
    """Somebody at the other end of a websocket, who may stop reading."""

    def __init__(self, senders: Senders) -> None:
        self.heard: list[Any] = []
        self.closed: Closing | None = None
        self.reading = asyncio.Event()
        self.reading.set()
        self.outbox = Outbox(senders, self._take)
        self.end: asyncio.Task[Answer | None] | None = None

    def seat(self) -> Seat:
        return Seat("1", self.outbox, self._close)

    async def _take(self, text: str) -> None:
        await self.reading.wait()
        self.heard.append(orjson.loads(text)["payload"])

    def _close(self, closing: Closing) -> None:
        self.closed = self.closed or closing

    @property
    def cursors(self) -> list[int]:
        return [int(one["data"]["alertChanged"]["cursor"]) for one in self.heard]

    async def gone(self) -> None:
        self.outbox.end()
        if self.end:
            self.end.cancel()
            await asyncio.gather(self.end, return_exceptions=True)
