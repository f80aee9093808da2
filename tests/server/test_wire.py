"""Connections that never come to the point, and those that are too many."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.client import connect

from server import http
from server.http import LARGEST, protocol
from tests.server.clients import SECONDS, serving

MOST = 4
Dial = Callable[[], Awaitable["Line"]]


class Line:
    """A connection."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._reader, self.writer = reader, writer

    async def say(self, text: str) -> None:
        self.writer.write(text.encode())
        await self.writer.drain()

    async def status(self) -> int:
        """Of the next answer, which is not read further."""
        async with asyncio.timeout(SECONDS):
            return int((await self._reader.readline()).split()[1])

    async def told(self) -> str:
        """All that comes until the other side hangs up, which it must."""
        async with asyncio.timeout(SECONDS):
            try:
                return (await self._reader.read()).decode()
            except ConnectionResetError:
                return ""


async def answered(request: Request) -> Response:
    await request.body()
    return PlainTextResponse("hello")


async def echoed(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text(await websocket.receive_text())


@pytest.fixture
async def dial() -> AsyncIterator[Dial]:
    app = Starlette(routes=[Route("/", answered, methods=["GET", "POST"])])
    async with AsyncExitStack() as stack:
        options = {"http": protocol(MOST), "limit_concurrency": MOST}
        address = await stack.enter_async_context(serving(app, **options))
        host, port = address.split(":")

        async def dial() -> Line:
            line = Line(*await asyncio.open_connection(host, int(port)))
            stack.callback(line.writer.close)
            return line

        yield dial


@pytest.mark.parametrize(
    "text",
    [
        "GET /" + "x" * LARGEST,
        "GET / HTTP/1.1\r\nhost: us\r\nx: " + "y" * LARGEST,
        "GET / HTTP/1.1\r\nhost: us\r\n" + "x: y\r\n" * (LARGEST // 2),
        "GET / HTTP/1.1\r\nhost: us\r\nx: " + "y" * LARGEST + "\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: us\r\ntransfer-encoding: chunked\r\n\r\n0\r\n"
        + "x: y\r\n" * (LARGEST // 2),
    ],
    ids=["an address", "a header", "headers", "a whole head", "trailers"],
)
async def test_a_head_without_end_is_refused(dial: Dial, text: str) -> None:
    line = await dial()
    for start in range(0, len(text), 5_000):
        if not line.writer.is_closing():
            await line.say(text[start : start + 5_000])
    said = await line.told()
    # whoever still speaks may be cut off before they hear it
    assert not said or " 431 " in said.splitlines()[0]


async def test_a_refusal_is_json(dial: Dial) -> None:
    line = await dial()
    await line.say("NONSENSE\r\n\r\n")
    head, _, body = (await line.told()).partition("\r\n\r\n")
    assert " 400 " in head.splitlines()[0]
    assert json.loads(body)["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize("text", ["", "GET / HTTP/1.1\r\n", "\r\n"])
async def test_a_head_that_does_not_come_is_not_waited_for(
    dial: Dial, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "PATIENCE", 0.2)
    line = await dial()
    await line.say(text)
    assert not await line.told()


async def test_what_takes_long_after_its_head_is_answered(
    dial: Dial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "PATIENCE", 0.2)
    line = await dial()
    await line.say("POST / HTTP/1.1\r\nhost: us\r\ncontent-length: 200000\r\n\r\n")
    for _ in range(4):
        await asyncio.sleep(0.1)
        await line.say("x" * 50_000)
    assert await line.status() == 200


async def test_a_websocket_may_be_silent_for_longer_than_a_head(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http, "PATIENCE", 0.2)
    app = Starlette(routes=[WebSocketRoute("/", echoed)])
    options = {"http": protocol(MOST), "ws": "websockets-sansio"}
    async with (
        serving(app, **options) as address,
        asyncio.timeout(SECONDS),
        connect(f"ws://{address}/") as socket,
    ):
        await asyncio.sleep(0.5)
        await socket.send("still here")
        assert await socket.recv() == "still here"


async def test_an_address_has_so_many_connections_and_no_more(dial: Dial) -> None:
    lines = [await dial() for _ in range(MOST)]
    for line in lines[:2]:
        await line.say("GET / HTTP/1.1\r\nhost: us\r\n\r\n")
    late = await dial()
    assert " 429 " in (await late.told()).splitlines()[0]
    for line in lines:
        line.writer.close()
        await line.writer.wait_closed()
    await asyncio.sleep(0.1)
    again = await dial()
    await again.say("GET / HTTP/1.1\r\nhost: us\r\n\r\n")
    assert await again.status() == 200


async def test_a_server_with_all_hands_full_says_so_in_json(dial: Dial) -> None:
    lines = [await dial() for _ in range(MOST)]
    await lines[0].say("GET / HTTP/1.1\r\nhost: us\r\nconnection: close\r\n\r\n")
    head, _, body = (await lines[0].told()).partition("\r\n\r\n")
    assert " 503 " in head.splitlines()[0]
    assert json.loads(body)["errors"][0]["extensions"]["code"] == "SERVER_BUSY"
