"""Websocket clients in a process of their own, as lean as they can be.

They only count what they are sent and see that the numbers in it follow each other.
"""

import base64
import json
import os
import re
import select
import socket
import time
from dataclasses import dataclass
from multiprocessing import Process, get_context
from multiprocessing.connection import Connection
from typing import Any

AT_ONCE = 50
"""Sockets that are opened together."""
PATIENCE = 60.0
CURSOR = re.compile(rb'"cursor":"(\d+)"')
NEXT = b'"type":"next"'
PING, PONG, CLOSE = 9, 10, 8


@dataclass
class Listener:
    """One client."""

    socket: socket.socket
    unread: bytes = b""
    heard: int = 0
    last: int = 0
    ordered: bool = True
    """Whether each number followed the one before."""
    sample: str = ""

    def read(self) -> None:
        """Take what has come. Raises ConnectionError when the server has had enough."""
        came = self.socket.recv(1 << 16)
        if not came:
            raise ConnectionError("closed without a word")
        self.unread += came
        while (frame := self._frame()) is not None:
            code, payload = frame
            if code == PING:
                self.socket.sendall(framed(payload, PONG))
            elif code == CLOSE:
                code = int.from_bytes(payload[:2])
                raise ConnectionError(f"{code} {payload[2:].decode()}")
            elif NEXT in payload:
                self._note(payload)

    def _note(self, payload: bytes) -> None:
        self.heard += 1
        self.sample = self.sample or payload.decode()
        if found := CURSOR.search(payload):
            number = int(found[1])
            self.ordered &= self.last in {0, number - 1}
            self.last = number

    def _frame(self) -> tuple[int, bytes] | None:
        data = self.unread
        if len(data) < 2:
            return None
        size, start = data[1], 2
        if size == 126:
            size, start = int.from_bytes(data[2:4]), 4
        elif size == 127:
            size, start = int.from_bytes(data[2:10]), 10
        if len(data) < start + size:
            return None
        self.unread = data[start + size :]
        return data[0] & 15, data[start : start + size]


def framed(payload: bytes, code: int = 1) -> bytes:
    """A frame of a client, masked with zeros."""
    if len(payload) < 126:
        size = bytes([0x80 | len(payload)])
    else:
        size = bytes([0x80 | 126]) + len(payload).to_bytes(2)
    return bytes([0x80 | code]) + size + bytes(4) + payload


class Audience:
    """The clients of this process."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.listeners: list[Listener] = []
        self.ready = select.epoll()

    def open(self, count: int, path: str, said: list[dict[str, Any]]) -> int:
        """Open sockets and say something on each; all but the last is answered."""
        for start in range(0, count, AT_ONCE):
            opened = [self._connected(path) for _ in range(min(AT_ONCE, count - start))]
            for one in opened:
                self._shaken(one)
            for number, message in enumerate(said, 1):
                text = framed(json.dumps(message).encode())
                for one in opened:
                    one.sendall(text)
                for one in opened if number < len(said) else ():
                    one.recv(1 << 16)
            for one in opened:
                one.settimeout(0)
                self.ready.register(one, select.EPOLLIN)
                self.listeners.append(Listener(one))
            self.hear(0, 0.01)  # also a ping, which is to be answered
        return len(self.listeners)

    def hear(self, count: int, seconds: float = PATIENCE) -> dict[str, Any]:
        """Listen until each has heard so much more, or for so long."""
        aim = [one.heard + count for one in self.listeners]
        by_file = {one.socket.fileno(): one for one in self.listeners}
        waiting = len(aim) if count else 0
        least = dict(zip(by_file, aim, strict=True))
        end = time.monotonic() + seconds
        while (waiting or not count) and (left := end - time.monotonic()) > 0:
            for file, _ in self.ready.poll(left):
                one, before = by_file[file], by_file[file].heard
                one.read()
                waiting -= before < least[file] <= one.heard
        return {
            "heard": [
                min(heards := [one.heard for one in self.listeners]),
                max(heards),
            ],
            "ordered": all(one.ordered for one in self.listeners),
            "lasts": len({one.last for one in self.listeners}),
            "sample": self.listeners[0].sample,
        }

    def close(self) -> None:
        for one in self.listeners:
            one.socket.close()
        self.listeners.clear()

    def deafen(self, path: str, said: list[dict[str, Any]]) -> None:
        """Open a socket that has little room, and do not read what it is told."""
        one = self._connected(path, 4096)
        self._shaken(one)
        for message in said:
            one.sendall(framed(json.dumps(message).encode()))
            time.sleep(0.5)
        one.settimeout(5)
        self.deaf = Listener(one)

    def read_late(self) -> dict[str, Any]:
        """What the deaf one was told, and how it ended."""
        end = ""
        try:
            while True:
                self.deaf.read()
        except (ConnectionError, TimeoutError) as error:
            end = str(error)
        return {"heard": self.deaf.heard, "last": self.deaf.last, "end": end}

    def _connected(self, path: str, room: int | None = None) -> socket.socket:
        one = socket.socket()
        if room:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        one.connect(("127.0.0.1", self.port))
        key = base64.b64encode(os.urandom(16)).decode()
        one.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n".encode()
        )
        return one

    def _shaken(self, one: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += (came := one.recv(1))
            assert came, head
        assert b" 101 " in head, head


def _serve(port: int, pipe: Connection) -> None:
    audience = Audience(port)
    while asked := pipe.recv():
        name, *given = asked
        pipe.send(getattr(audience, name)(*given))


class Apart:
    """An audience in a process of its own."""

    def __init__(self, port: int) -> None:
        spawn = get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        self._process: Process = spawn.Process(target=_serve, args=(port, theirs))  # type: ignore[assignment]
        self._process.start()

    def ask(self, name: str, *given: Any) -> None:
        self._pipe.send((name, *given))

    def told(self) -> Any:
        if not self._pipe.poll(2 * PATIENCE):
            raise TimeoutError("an audience does not answer")
        return self._pipe.recv()

    def end(self) -> None:
        self._pipe.send(None)
        self._process.join(10)
        self._process.kill()
