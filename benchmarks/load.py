"""A client that asks as fast as it is answered, and does little else.

So many connections each send a request, wait for the answer and send the next. Requests
are made beforehand, and of an answer only the head is read, so a request costs a small
part of what it costs the server, which is another process.
"""

import asyncio
import gc
import itertools
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlsplit

CONNECTIONS = 16
PATIENCE = 60
"""Seconds for the last answers, once no more are asked for."""
END = b"\r\n\r\n"
LENGTH = b"\r\ncontent-length:"
FINE = b"HTTP/1.1 200"


class Request(NamedTuple):
    """A request as it is sent, and how many bytes its answer must have; 0 is any."""

    sent: bytes
    answer: int = 0


@dataclass(slots=True)
class Figures:
    """What came of asking for some seconds."""

    seconds: float = 0.0
    errors: int = 0
    """Answers that were refusals, or not those that were expected."""
    times: list[float] = field(default_factory=list[float])
    """How long each answer took."""

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.times) / self.seconds

    def slowest(self, share: float) -> float:
        """What so large a share of the answers took at most: 0.5 is the median."""
        return sorted(self.times)[
            min(int(share * len(self.times)), len(self.times) - 1)
        ]


class Asking(asyncio.Protocol):
    """One connection: it asks what comes next for as long as `asking` says."""

    def __init__(self, requests: Iterator[Request], until: float) -> None:
        self.figures, self.ended = Figures(), asyncio.Event()
        self._requests, self._until = requests, until
        self._read = self._wanted = 0
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport  # uvloop's is no asyncio.Transport
        self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.is_set():
            self.figures.errors += 1
            self.ended.set()

    def data_received(self, data: bytes) -> None:
        if not self._wanted:
            self._head += data
            if not self._begun():
                return
        else:
            self._read += len(data)
        if self._read >= self._wanted:
            self._answered()

    def _begun(self) -> bool:
        """Whether the head is whole. It says how long the answer is."""
        head = self._head
        end = head.find(END)
        if end < 0:
            return False
        at = head[:end].lower().find(LENGTH) + len(LENGTH)
        length = int(head[at : head.index(b"\r\n", at)])
        self._wanted = end + len(END) + length
        self._read = len(head)
        expected = self._request.answer
        if not head.startswith(FINE) or (expected and expected != length):
            self.figures.errors += 1
        return True

    def _answered(self) -> None:
        self.figures.times.append(time.perf_counter() - self._sent)
        self._go_on()

    def _go_on(self) -> None:
        if time.perf_counter() < self._until:
            self._ask()
        else:
            self._end()

    def _end(self) -> None:
        self.ended.set()
        self._transport.close()

    def _ask(self) -> None:
        self._head, self._read, self._wanted = b"", 0, 0
        self._request = next(self._requests)
        self._sent = time.perf_counter()
        self._transport.write(self._request.sent)


def request(url: str, body: bytes, *, answer: int = 0, **headers: str) -> Request:
    """A request that posts some JSON."""
    parts = urlsplit(url)
    said = {"host": parts.netloc, "content-type": "application/json", **headers}
    said["content-length"] = str(len(body))
    lines = "".join(f"{name}: {value}\r\n" for name, value in said.items())
    head = f"POST {parts.path} HTTP/1.1\r\n{lines}\r\n".encode()
    return Request(head + body, answer)


async def asked(
    url: str,
    requests: Sequence[Request],
    seconds: float,
    connections: int = CONNECTIONS,
) -> Figures:
    """Ask for some seconds. It ends with the last answer, and the time with it.

    Each connection begins elsewhere among the requests, and goes round.
    """
    parts, loop = urlsplit(url), asyncio.get_running_loop()
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    began = time.perf_counter()
    asking: list[Asking] = []
    for number in range(connections):
        first = number * len(requests) // connections
        round_ = itertools.cycle([*requests[first:], *requests[:first]])
        _, one = await loop.create_connection(
            lambda round_=round_: Asking(round_, began + seconds),
            host,
            port,
            family=socket.AF_INET,
        )
        asking.append(one)
    async with asyncio.timeout(seconds + PATIENCE):
        for one in asking:
            await one.ended.wait()
    whole = Figures(time.perf_counter() - began)
    for one in asking:
        whole.errors += one.figures.errors
        whole.times += one.figures.times
    return whole


def undisturbed() -> None:
    """Have this process not look for garbage: there is none, and it takes a while."""
    gc.collect()
    gc.freeze()
    gc.disable()
