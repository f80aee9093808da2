"""How a connection speaks websocket: a frame is made once, and nobody is waited for."""

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State

WRITE = "heliograph.write"
"""The extension of ASGI by which a frame is written, if it can be at once."""
PARTING = 10.0
"""Seconds for a client to take what was sent to it before the end."""


def framed(text: str) -> bytes:
    """A text as the frame of a server: the same for every client."""
    return Frame(Opcode.TEXT, text.encode()).serialize(mask=False)


class Wire(WebSocketsSansIOProtocol):
    """uvicorn's, which by itself makes a frame of each message for each client.

    It also would wait for ever for a client to take the last of them.
    """

    async def run_asgi(self) -> None:
        scope: Any = self.scope
        scope["extensions"][WRITE] = self.write
        await super().run_asgi()
        self.loop.call_later(PARTING, self.transport.abort)

    def write(self, frame: bytes) -> bool:
        """Write a frame, unless the client has to be waited for, or has it packed."""
        taken = self.writable.is_set() and not self.transport.is_closing()
        plain = self.conn.state is State.OPEN and not self.conn.extensions
        if taken and plain:
            self.transport.write(frame)
        return taken and plain

    def keepalive_timeout(self) -> None:
        """End with a client that has not answered a ping for twenty seconds."""
        super().keepalive_timeout()
        self.transport.abort()
