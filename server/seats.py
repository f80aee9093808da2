"""A subscription that is told what others are told too, and what waits for it."""

import asyncio
from collections import deque
from collections.abc import Callable

import orjson

from server.answers import Answer
from server.messages import Closing
from server.outbox import Outbox
from server.wires import framed

WAITING = 256
"""Answers of one subscription that wait for a client to take them."""
HELD = 4 * 2**20
"""Characters of such answers, of all subscriptions of a socket."""
LAGGED = 4413
"""The code of a close because what counts was not taken; its reason is a place."""


class Told:
    """An answer as JSON, with its place; those who call it the same share its frame."""

    __slots__ = ("_frames", "place", "text")

    def __init__(self, place: int, text: str) -> None:
        self.place, self.text = place, text
        self._frames: dict[str, bytes] = {}

    def said(self, head: str) -> str:
        return f"{head}{self.text}}}"

    def frame(self, head: str) -> bytes:
        if (frame := self._frames.get(head)) is None:
            self._frames.clear()
            frame = self._frames[head] = framed(self.said(head))
        return frame


NOTHING = Told(0, "")


class Seat:
    """A subscription of one client, and the answers that wait for it: a few, at most.

    Of states the oldest go. Where each answer counts and there is no room for one, the
    socket is closed, and told the place of the last that was sent.
    """

    def __init__(
        self, id_: str, outbox: Outbox, close: Callable[[Closing], None]
    ) -> None:
        self.place = 0
        """Up to where it was told what there is to tell."""
        self.ended = asyncio.get_running_loop().create_future()
        """Of the last answer, where something went wrong."""
        self._outbox, self._close = outbox, close
        self._head = f'{{"id":{orjson.dumps(id_).decode()},"type":"next","payload":'
        self._waiting: deque[Told] = deque()
        self._queued = False
        self._next = NOTHING
        self._sent = 0
        self._last: tuple[Answer | None] | None = None

    async def say(self, told: Told) -> None:
        """Send an answer, and wait until the client takes it."""
        self.place = told.place
        await self._outbox.send(told.said(self._head))
        self._sent = self.place

    def tell(self, told: Told, *, kept: bool) -> None:
        """Have an answer sent, unless it is known here. Nobody waits for that."""
        if told.place <= self.place:
            return
        size = len(told.text)
        if len(self._waiting) == WAITING or self._outbox.held + size > HELD:
            if kept:
                self._close(Closing(LAGGED, str(self._sent)))
                return
            self._drop()
        self.place = told.place
        self._waiting.append(told)
        self._outbox.held += size
        self._queue()

    def take(self) -> bool:
        self._queued = False
        if self._waiting:
            self._next = self._waiting.popleft()
            self._outbox.held -= len(self._next.text)
            return True
        return False

    def text(self) -> str:
        return self._next.said(self._head)

    def frame(self) -> bytes:
        return self._next.frame(self._head)

    def sent(self) -> None:
        self._sent = self._next.place
        if self._waiting:
            self._queue()
        else:
            self._end()

    def end(self, last: Answer | None) -> None:
        """Say that there is no more, but for perhaps a last answer."""
        self._last = (last,)
        if not self._waiting:
            self._end()

    def leave(self) -> None:
        """Want no more of it."""
        while self._waiting:
            self._drop()

    def _queue(self) -> None:
        if not self._queued:
            self._queued = True
            self._outbox.put(self)

    def _drop(self) -> None:
        if self._waiting:
            self._outbox.held -= len(self._waiting.popleft().text)

    def _end(self) -> None:
        if self._last and not self.ended.done():
            self.ended.set_result(*self._last)
