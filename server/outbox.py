"""What waits to be sent over websockets, and who sends it."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Protocol

from starlette.websockets import WebSocketDisconnect, WebSocketDisconnected

from server.wires import framed

GONE = (WebSocketDisconnect, WebSocketDisconnected)
"""What is raised when the client is no longer there, at first and later."""
BURST = 64
"""Messages sent in a row before others have their turn."""
logger = logging.getLogger(__name__)


class Turn(Protocol):
    """Something to be sent when it has its turn."""

    def take(self) -> bool:
        """Whether there is still something to send."""
        ...

    def text(self) -> str: ...

    def frame(self) -> bytes:
        """The text as it goes over the wire."""
        ...

    def sent(self) -> None: ...


class Message:
    """A message that somebody waits for to be sent."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def take(self) -> bool:
        return not self.done.done()

    def text(self) -> str:
        return self._text

    def frame(self) -> bytes:
        return framed(self._text)

    def sent(self) -> None:
        if not self.done.done():
            self.done.set_result(None)


def unable(_: bytes) -> bool:
    """For a server that writes no frames."""
    return False


class Outbox:
    """The messages for one client, in the order in which they are sent."""

    def __init__(
        self,
        senders: "Senders",
        send: Callable[[str], Awaitable[None]],
        write: Callable[[bytes], bool] = unable,
    ) -> None:
        self.held = 0
        """Characters of what waits without anybody waiting for it."""
        self._senders, self._send, self._write = senders, send, write
        self._turns: deque[Turn] = deque()
        self._sending: asyncio.Task[None] | None = None
        self._queued = self._over = False

    async def send(self, text: str) -> None:
        """Send a message once the client has taken those before it."""
        if self._over:
            raise WebSocketDisconnect(1006)
        message = Message(text)
        self.put(message)
        await message.done

    def put(self, turn: Turn) -> None:
        """Have something sent when all before it are."""
        if self._over:
            return
        self._turns.append(turn)
        if not self._queued:
            self._queued = True
            self._senders.add(self)

    async def flush(self) -> None:
        """Send the next message, and wait until the client takes it."""
        self._queued = False
        if self._over or not self._turns:
            return
        turn = self._turns.popleft()
        try:
            if turn.take():
                if not self._write(turn.frame()):
                    await self._wait(turn.text())
                turn.sent()
        except Exception as error:
            if not isinstance(error, GONE):
                logger.exception("a message cannot be sent")
            self._turns.append(turn)
            self.end()
        if self._turns and not self._queued:
            self._queued = True
            self._senders.add(self)

    async def _wait(self, text: str) -> None:
        """Send a message as soon as the client takes it."""
        self._queued, self._sending = True, asyncio.current_task()
        try:
            await self._send(text)
        finally:
            self._queued, self._sending = False, None

    def end(self) -> None:
        """Send no more. Whoever waits for it is told that the client has gone."""
        self._over = True
        if self._sending and self._sending is not asyncio.current_task():
            self._sending.cancel()
        while self._turns:
            turn = self._turns.popleft()
            if isinstance(turn, Message) and not turn.done.done():
                turn.done.set_exception(WebSocketDisconnect(1006))


class Senders:
    """Send for all clients, one message of each in turn.

    One task does it: to wake one for each socket costs a fifth of what it costs to
    send. When a client makes it wait, another goes on with the rest.
    """

    def __init__(self) -> None:
        self.sender: asyncio.Task[None] | None = None
        self._ready: deque[Outbox] = deque()
        self._waiting = False
        """Whether the sender waits for a client."""
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self, outbox: Outbox) -> None:
        self._ready.append(outbox)
        if self.sender is None:
            self._begin()

    def _begin(self) -> None:
        self.sender = asyncio.create_task(self._run())
        self._tasks.add(self.sender)
        self.sender.add_done_callback(self._tasks.discard)

    async def _run(self) -> None:
        me, loop = asyncio.current_task(), asyncio.get_running_loop()
        while self._ready:
            loop.call_soon(self._look)
            for _ in range(BURST):
                if not self._ready:
                    break
                self._waiting = True
                await self._ready.popleft().flush()
                if self.sender is not me:
                    return
                self._waiting = False
            await asyncio.sleep(0)
        self.sender = None

    def _look(self) -> None:
        """See that somebody goes on while a client makes the sender wait."""
        if self._waiting:
            self._waiting, self.sender = False, None
            if self._ready:
                self._begin()
