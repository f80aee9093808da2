"""GraphQL over websockets, by graphql-transport-ws."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import orjson
from starlette.exceptions import HTTPException
from starlette.websockets import WebSocket, WebSocketDisconnect

from db.base import utcnow
from resolvers.access import Actor
from resolvers.context import Context
from resolvers.errors import BadRequest, RateLimited, Unauthenticated
from resolvers.writes import Origin
from server import messages
from server.buckets import Bucket
from server.crowds import Crowd
from server.following import Followers
from server.messages import Closing, Complete, Init, Ping, Pong, Subscribe
from server.operations import Operations
from server.outbox import GONE, Outbox, Senders, unable
from server.principals import SIGNS, STRANGER, Authenticate, Principal, origin, shown
from server.responses import refusal
from server.running import Running
from server.watches import Watches
from server.wires import WRITE

PROTOCOL = "graphql-transport-ws"
PATIENCE = 3.0
"""Seconds for the first message, and for the last."""
PARTING = 10.0
"""Seconds for a client that lags to take what is on its way, and why it is closed."""
REASON = 123
"""Bytes that a websocket has for the reason of a close."""
SILENT = Closing(4408, "Connection initialisation timeout")
EXPIRED = Closing(4403, "Forbidden")
BORED = Closing(4408, "Nothing was asked for too long")
CROWDED = Closing(4429, "Too many sockets")
FLOODED = Closing(4429, "Too many messages")
FAILED = Closing(4500, "Internal server error")
STRANGERS = 300.0
"""Seconds that a stranger's socket stays open while nothing runs on it."""
logger = logging.getLogger(__name__)


async def never(_: Principal) -> None:
    """A session that is never revoked."""
    await asyncio.Event().wait()


@dataclass(eq=False)
class Sockets:
    """What all websockets have in common."""

    operations: Operations
    context: Callable[[Actor, Origin], Context]
    authenticate: Authenticate
    revoked: Callable[[Principal], Awaitable[None]]
    allowed_origins: frozenset[str]
    addresses: Crowd = field(init=False)
    users: Crowd = field(init=False)
    followers: Followers = field(init=False)
    watches: Watches = field(init=False)
    senders: Senders = field(init=False)

    def __post_init__(self) -> None:
        self.followers = Followers(self.operations)
        self.watches = Watches(self.revoked)
        self.senders = Senders()
        limits = self.operations.limits
        self.addresses = Crowd(limits.address_sockets)
        self.users = Crowd(limits.user_sockets)

    async def serve(self, websocket: WebSocket) -> None:
        """Talk with a client until either side is done."""
        address = websocket.client.host if websocket.client else ""
        with suppress(*GONE):
            if not self._welcome(websocket.headers):
                await websocket.close()
            elif not self.addresses.joined(address):
                error = HTTPException(429, "this address has too many websockets")
                await websocket.send_denial_response(refusal(error))
            else:
                try:
                    await self._accept(websocket)
                finally:
                    self.addresses.left(address)

    async def _accept(self, websocket: WebSocket) -> None:
        if PROTOCOL not in websocket.scope["subprotocols"]:
            await websocket.accept()
            await websocket.close(4406, "Subprotocol not acceptable")
        else:
            await websocket.accept(PROTOCOL)
            await Socket(self, websocket).talk()

    def _welcome(self, headers: Mapping[str, str]) -> bool:
        """Whether the page that asks, if it is one, may: only browsers say which."""
        given = headers.get("origin")
        if given is None or given in self.allowed_origins:
            return True
        try:
            return urlsplit(given).netloc.lower() == headers.get("host", "").lower()
        except ValueError:
            return False


class Socket:
    """One websocket.

    Its time is up when no first message comes, when its token ends, and when its
    session is revoked; so it has one clock.
    """

    def __init__(self, sockets: Sockets, websocket: WebSocket) -> None:
        self._sockets = sockets
        self._websocket = websocket
        write = websocket.scope.get("extensions", {}).get(WRITE, unable)
        self._outbox = Outbox(sockets.senders, websocket.send_text, write)
        self._running = Running(
            sockets.operations,
            sockets.followers,
            self._context,
            self._outbox,
            self._lag,
        )
        self._principal: Principal | None = None
        self._messages = Bucket()
        self._late = SILENT
        self._lagging: Closing | None = None
        self._clock = asyncio.timeout(PATIENCE)
        self._watch: asyncio.Task[None] | None = None

    async def talk(self) -> None:
        """Hear and answer until either side has had enough."""
        closing: Closing | None = None
        try:
            async with self._clock:
                while True:
                    await self._hear(messages.read(await self._received()))
        except GONE:
            pass
        except Closing as error:
            closing = error
        except Exception:
            if self._clock.expired():
                closing = self._lagging or self._late
            else:
                logger.exception("a websocket failed")
                closing = FAILED
        finally:
            await self._end(closing)

    async def _received(self) -> Any:
        await asyncio.sleep(0)  # a flood may wait in memory; others have their turn
        frame = await self._websocket.receive()
        if frame["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(frame.get("code", 1005))
        try:
            self._messages.spend(1, self._sockets.operations.limits.messages)
        except RateLimited as error:
            raise FLOODED from error
        return frame

    async def _hear(self, message: messages.Message) -> None:
        match message:
            case Init(payload):
                if self._principal:
                    raise Closing(4429, "Too many initialisation requests")
                self._enter(await self._identified(payload))
                await self._send(type="connection_ack")
            case Ping(payload):
                await self._refresh(payload)
                await self._send(type="pong")
            case Pong():
                pass
            case Subscribe(id_, asked):
                if not self._principal:
                    raise Closing(4401, "Unauthorized")
                await self._running.start(id_, asked, self._principal)
            case Complete(id_):
                self._running.stop(id_)

    async def _identified(self, payload: dict[str, Any]) -> Principal:
        named = {name.lower(): value for name, value in payload.items()}
        if not all(isinstance(one, str | None) for one in map(named.get, SIGNS)):
            raise Closing(4403, "Forbidden")
        id_ = self._websocket.headers.get("x-request-id", "")
        where = origin(self._websocket, STRANGER, id_)
        try:
            return await self._sockets.authenticate(shown(named), where)
        except (BadRequest, Unauthenticated) as error:
            raise Closing(4403, "Forbidden") from error

    def _enter(self, principal: Principal) -> None:
        """Speak for someone for the first time."""
        user_id = principal.actor.user_id
        if user_id and not self._sockets.users.joined(str(user_id)):
            raise CROWDED
        self._trust(principal)

    async def _refresh(self, payload: dict[str, Any]) -> None:
        """Take a fresh token of the same user."""
        if self._principal and {*SIGNS} & {*map(str.lower, payload)}:
            fresh = await self._identified(payload)
            if fresh.actor.user_id != self._principal.actor.user_id:
                raise Closing(4403, "Forbidden")
            self._trust(fresh)

    def _trust(self, principal: Principal) -> None:
        """Speak for someone until their token ends or their session is revoked."""
        self._principal = principal
        self._late = EXPIRED if principal.actor.user_id else BORED
        ends = principal.expires_at
        left = ends and (ends - utcnow()).total_seconds()
        loop = asyncio.get_running_loop()
        if not self._lagging:
            self._clock.reschedule(None if left is None else loop.time() + left)
        if self._watch:
            self._watch.cancel()
        self._watch = asyncio.create_task(self._watched(principal))

    async def _watched(self, principal: Principal) -> None:
        try:
            if principal.actor.user_id:
                await self._sockets.watches.revoked(principal)
            else:
                await self._running.idle(STRANGERS)
        except Exception:
            logger.exception("a session cannot be watched")
        self._end_now()

    def _end_now(self) -> None:
        if not self._clock.expired():
            self._clock.reschedule(0)

    def _context(self, principal: Principal, request_id: str) -> Context:
        where = origin(self._websocket, principal, request_id)
        return self._sockets.context(principal.actor, where)

    async def _send(self, **message: Any) -> None:
        """Send a message once the client has taken those before it."""
        await self._outbox.send(orjson.dumps(message).decode())

    def _lag(self, closing: Closing) -> None:
        """Have done with a client that does not take what it is sent."""
        self._lagging = self._lagging or closing
        self._end_now()

    async def _end(self, closing: Closing | None) -> None:
        """Close, and let no operation go on."""
        if self._watch:
            self._watch.cancel()
        if self._principal and (user_id := self._principal.actor.user_id):
            self._sockets.users.left(str(user_id))
        self._running.stop_all()
        self._outbox.end()
        if closing:
            reason = closing.reason.encode()[:REASON].decode(errors="ignore")
            with suppress(*GONE, TimeoutError):
                async with asyncio.timeout(PARTING if self._lagging else PATIENCE):
                    await self._websocket.close(closing.code, reason)
        await self._running.ended(PATIENCE)
