"""The heads of simple requests, and of the answers to them, without a framework."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count
from secrets import token_hex

from starlette.types import Message, Receive, Scope, Send

from server import responses
from server.endpoint import REQUEST_ID
from server.envelope import SAFE, YEAR
from server.negotiation import GRAPHQL, JSON, negotiated

Headers = list[tuple[bytes, bytes]]
PLAIN = {b"application/json", b"application/json; charset=utf-8"}
"""Types of a body that need no second look."""
STRANGE = frozenset({b"content-encoding", b"x-api-key"})
"""Headers that need one."""
ACCEPTED = 100
"""Accept headers whose meaning is remembered."""
SOON = 1.0
"""Seconds for a body that is simple to be there."""
PROCESS, REQUESTS = token_hex(8), count()
"""What the ids of our own requests are made of."""
ENCODED = {name.encode(): value.encode() for name, value in SAFE.items()}
USUAL = {
    media: {
        name.encode(): value.encode() for name, value in responses.usual(media).items()
    }
    for media in (JSON, GRAPHQL)
}
STRICT = (b"strict-transport-security", f"max-age={YEAR}".encode())


@dataclass(slots=True)
class Head:
    """What the headers of a simple request say."""

    media: str
    request_id: str
    bearer: str | None = None
    agent: str | None = None


@dataclass(slots=True)
class Sent:
    """An answer as it is sent."""

    body: bytes
    status: int = 200
    headers: Headers | None = None
    """Those that not every answer has."""


class Heads:
    """Reads heads. What an Accept means is found out once."""

    def __init__(self, *strange: bytes) -> None:
        self._strange = STRANGE | {*strange}
        self._media: dict[bytes, str | None] = {}

    def read(self, headers: Iterable[tuple[bytes, bytes]]) -> Head | None:
        """What a request's headers say, if there is nothing unusual about them."""
        said: dict[bytes, bytes] = {}
        for name, value in headers:
            if name in self._strange or name in said:
                return None
            said[name] = value
        plain = said.get(b"content-type", b"").lower() in PLAIN
        media = self._accepted(said.get(b"accept", b"")) if plain else None
        if media is None:
            return None
        id_ = said.get(b"x-request-id", b"").decode("latin-1")
        if not REQUEST_ID.fullmatch(id_):
            id_ = f"{PROCESS}{next(REQUESTS):016x}"
        bearer, agent = said.get(b"authorization"), said.get(b"user-agent")
        return Head(
            media,
            id_,
            None if bearer is None else bearer.decode("latin-1"),
            None if agent is None else agent.decode("latin-1"),
        )

    def _accepted(self, accept: bytes) -> str | None:
        if accept not in self._media:
            if len(self._media) >= ACCEPTED:
                self._media.clear()
            liked = negotiated(accept.decode("latin-1"), (JSON, GRAPHQL))
            self._media[accept] = liked
        return self._media[accept]


async def soon(receive: Receive) -> Message | None:
    """What is received, if it comes soon."""
    try:
        async with asyncio.timeout(SOON):
            return await receive()
    except TimeoutError:
        return None


def again(message: Message, receive: Receive) -> Receive:
    """What gives a message again that was received, and then those that follow."""
    waiting = [message]

    async def given() -> Message:
        return waiting.pop() if waiting else await receive()

    return given


async def sent(send: Send, scope: Scope, head: Head, answer: Sent) -> None:
    """Send an answer whole, with the headers that every answer has."""
    headers = {
        **ENCODED,
        **USUAL[head.media],
        **dict(answer.headers or ()),
        b"content-length": b"%d" % len(answer.body),
        b"x-request-id": head.request_id.encode(),
    }
    pairs = [*headers.items()]
    if scope["scheme"] == "https":
        pairs.append(STRICT)
    start = {"type": "http.response.start", "status": answer.status, "headers": pairs}
    await send(start)
    await send({"type": "http.response.body", "body": answer.body})
