"""How a connection speaks HTTP: a head has an end, and an address so many of them."""

import asyncio
from typing import Any, ClassVar

from httptools import HttpParserError
from starlette.exceptions import HTTPException
from uvicorn.middleware.proxy_headers import _TrustedHosts  # pyright: ignore[reportPrivateUsage]  uvicorn's own reading of addresses
from uvicorn.protocols.http.flow_control import service_unavailable
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from server import responses
from server.crowds import Crowd

LARGEST = 64 * 1024
"""Bytes of a head, and of whatever else a request has beside its body."""
PATIENCE = 10.0
"""Seconds for a head to be whole."""
BUSY = responses.refusal(
    HTTPException(503, "the server is busy; try again", {"retry-after": "1"})
)
"""The answer of a server that has as many connections as it takes."""


class Doorkeeper:
    """Lets in so many connections of each address. A trusted proxy has any number."""

    def __init__(self, most: int, proxies: frozenset[str]) -> None:
        self.most = most
        self._crowd = Crowd(most)
        self._proxies = _TrustedHosts(sorted(proxies))

    def admits(self, address: str) -> bool:
        return address in self._proxies or self._crowd.joined(address)

    def sees_off(self, address: str) -> None:
        if address not in self._proxies:
            self._crowd.left(address)


class Protocol(HttpToolsProtocol):
    """uvicorn's, which by itself waits for the end of a head for ever, and keeps it."""

    doorkeeper: ClassVar[Doorkeeper]

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]  as uvicorn has it
        super().connection_made(transport)
        self._head = self._unread = 0
        self._clock: asyncio.TimerHandle | None = None
        self._address = self.client[0] if self.client else None
        if self._address and not self.doorkeeper.admits(self._address):
            self._address = None
            most = self.doorkeeper.most
            self._refuse(429, f"an address has at most {most} connections")
        else:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        """Give the connection away. Websockets are counted by themselves."""
        self._leave()
        super().handle_websocket_upgrade()

    def data_received(self, data: bytes) -> None:
        self._unread += len(data)
        super().data_received(data)
        if self.transport.get_protocol() is not self:
            return  # it is a websocket's now, whose silence may be long
        if self._unread > LARGEST:
            self._refuse(431, f"a head has at most {LARGEST} bytes")
        elif self._clock is None and not self._answering():
            self._await_head()

    def send_400_response(self, msg: str) -> None:
        if self._head > LARGEST:
            self._refuse(431, f"a head has at most {LARGEST} bytes")
        else:
            self._refuse(400, "this is no HTTP request")

    def on_message_begin(self) -> None:
        self._head = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(name + value)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._unread = 0
        self._stop_clock()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._unread = 0
        super().on_message_complete()

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        answering: Any = BUSY if app is service_unavailable else app
        super()._start_asgi_task(cycle, answering)

    def _count(self, part: bytes) -> None:
        """Count a part of a head or a trailer. The parser makes an error a refusal."""
        self._head += len(part)
        if self._head > LARGEST:
            raise HttpParserError

    def _answering(self) -> bool:
        return bool(self.cycle and not self.cycle.response_complete)

    def _await_head(self) -> None:
        if not self.transport.is_closing():
            self._clock = self.loop.call_later(PATIENCE, self.transport.close)

    def _stop_clock(self) -> None:
        if self._clock:
            self._clock.cancel()
        self._clock = None

    def _leave(self) -> None:
        self._stop_clock()
        if self._address:
            self.doorkeeper.sees_off(self._address)
        self._address = None

    def _refuse(self, status: int, said: str) -> None:
        """Hang up, and say why unless another answer is on its way."""
        self._stop_clock()
        if not (self.transport.is_closing() or self._answering()):
            answer = responses.refusal(HTTPException(status, said))
            headers = [*answer.raw_headers, (b"connection", b"close")]
            lines = b"".join(b"%b: %b\r\n" % pair for pair in headers)
            head = STATUS_LINE[status] + lines
            self.transport.write(b"%b\r\n%b" % (head, answer.body))
        self.transport.close()


def protocol(most: int, proxies: frozenset[str] = frozenset()) -> type[Protocol]:
    """The protocol of one server, whose connections are counted together."""
    doorkeeper = Doorkeeper(most, proxies)
    return type("Protocol", (Protocol,), {"doorkeeper": doorkeeper})
