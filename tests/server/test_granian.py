"""Granian in place of uvicorn: what clients and balancers are promised holds."""

import asyncio
import signal
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from server import granian
from server.granian import Granian
from server.listening import MESSAGE, listener
from server.settings import Settings
from server.stopping import DRAIN
from tests.processes import FREELY, serving
from tests.server.clients import SECONDS, talking

pytestmark = pytest.mark.once("sqlite")


class Seen:
    """What the application has lived through."""

    def __init__(self) -> None:
        self.life: list[str] = []
        self.begun, self.go, self.left = (
            asyncio.Event(),
            asyncio.Event(),
            asyncio.Event(),
        )

    async def whole(self, request: Request) -> Response:
        return PlainTextResponse(f"{len(await request.body())} {request.client}")

    async def slow(self, request: Request) -> Response:
        self.begun.set()
        await self.go.wait()
        return PlainTextResponse("done")

    async def watched(self, request: Request) -> Response:
        self.begun.set()
        while (await request.receive())["type"] != "http.disconnect":
            pass
        self.left.set()
        return PlainTextResponse("nobody hears")

    async def echoed(self, websocket: WebSocket) -> None:
        await websocket.accept()
        async for text in websocket.iter_text():
            await websocket.send_text(text)

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncGenerator[None]:
        self.life.append("began")
        yield
        self.life.append("ended")


@pytest.fixture
def seen() -> Seen:
    return Seen()


@asynccontextmanager
async def granite(seen: Seen, **settings: Any) -> AsyncGenerator[tuple[Granian, str]]:
    routes = [
        Route("/", seen.whole, methods=["POST"]),
        Route("/slow", seen.slow),
        Route("/watched", seen.watched),
        WebSocketRoute("/", seen.echoed),
    ]
    server = Granian(
        Starlette(routes=routes, lifespan=seen.lifespan), Settings(**settings)
    )
    place = listener("127.0.0.1", 0)
    host, port = place.getsockname()
    serving = asyncio.create_task(server.serve([place]))
    try:
        yield server, f"{host}:{port}"
    finally:
        server.stop()
        async with asyncio.timeout(SECONDS):
            await serving


async def test_it_takes_bodies_in_pieces_and_knows_who_sent_them(seen: Seen) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 10_000

    forwarded = {"x-forwarded-for": "192.0.2.7"}
    for proxies, who in ((frozenset[str](), "127.0.0.1"), ({"127.0.0.1"}, "192.0.2.7")):
        async with (
            granite(seen, trusted_proxies=proxies) as (_, address),
            httpx.AsyncClient(timeout=SECONDS) as http,
        ):
            said = await http.post(
                f"http://{address}/", content=pieces(), headers=forwarded
            )
        assert said.text.startswith(f"1000000 Address(host='{who}'")
    assert seen.life == ["began", "ended"] * 2


async def test_it_ends_what_has_begun_and_closes_websockets_with_1012(
    seen: Seen,
) -> None:
    async with granite(seen) as (server, address), httpx.AsyncClient() as http:
        answer = asyncio.create_task(http.get(f"http://{address}/slow"))
        async with connect(f"ws://{address}/") as socket, asyncio.timeout(SECONDS):
            await socket.send("hello")
            assert await socket.recv() == "hello"
            await seen.begun.wait()
            server.stop()
            with pytest.raises(ConnectionClosed):
                await socket.recv()
            assert socket.close_code == 1012
            assert seen.life == ["began"]
            seen.go.set()
            assert (await answer).text == "done"


async def test_it_breaks_off_what_takes_too_long_to_end(
    seen: Seen, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(granian, "DRAIN", 0.2)
    async with httpx.AsyncClient() as http:
        async with granite(seen) as (_, address), asyncio.timeout(SECONDS):
            answer = asyncio.create_task(http.get(f"http://{address}/slow"))
            await seen.begun.wait()
        assert seen.life == ["began", "ended"]
        assert "requests were broken off" in caplog.text
        seen.go.set()
        await asyncio.gather(answer, return_exceptions=True)


async def test_it_tells_when_a_client_has_left(seen: Seen) -> None:
    async with granite(seen) as (_, address), asyncio.timeout(SECONDS):
        _, writer = await asyncio.open_connection(*address.split(":"))
        writer.write(b"GET /watched HTTP/1.1\r\nhost: us\r\n\r\n")
        await seen.begun.wait()
        writer.close()
        await seen.left.wait()


async def test_a_message_that_is_too_long_closes_its_websocket(seen: Seen) -> None:
    async with (
        granite(seen) as (_, address),
        asyncio.timeout(SECONDS),
        connect(f"ws://{address}/", max_size=None) as socket,
    ):
        await socket.send("x" * MESSAGE)
        assert len(await socket.recv()) == MESSAGE
        await socket.send("x" * (MESSAGE + 1))
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert socket.close_code == 1009


async def test_a_head_that_does_not_come_or_never_ends_is_refused(
    seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(granian, "PATIENCE", 0.2)
    async with granite(seen) as (_, address), asyncio.timeout(SECONDS):
        for said, answer in ((b"", b""), (b" us\r\nx: " + b"y" * 500_000, b" 431 ")):
            reader, writer = await asyncio.open_connection(*address.split(":"))
            writer.write(b"GET / HTTP/1.1\r\nhost:" + said)
            assert answer in await reader.readline()
            writer.close()


async def test_the_whole_server_runs_on_it_and_stops_when_told(
    tmp_path: Path, apart: str | None
) -> None:
    given = {**FREELY, "stop_notice": "0"}
    words = ("--only", "web", "--server", "granian")
    async with serving(tmp_path / "data", *words, database=apart, **given) as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=60) as http:
            assert (await http.get("/readyz")).json()["status"] == "ready"
            said = await http.post("/graphql", json={"query": "{ __typename }"})
            assert said.json() == {"data": {"__typename": "Query"}}
        async with talking(server.url.removeprefix("http://")) as talk:
            await (await talk.init()).subscribe("{ __typename }")
            assert (await talk.hear())["payload"]["data"] == {"__typename": "Query"}
            server.process.send_signal(signal.SIGTERM)
            assert (await talk.closed())[0] == 1012
        async with asyncio.timeout(DRAIN):
            assert await server.process.wait() == 0
    assert "Traceback" not in server.log.read_text()
