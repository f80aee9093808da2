"""API keys in URLs: whoever sees the URL has the key, so it opens nothing any more."""

from urllib.parse import unquote_plus

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from resolvers.access import SYSTEM
from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.errors import Unauthenticated, patient
from resolvers.identity import apikeys, keytexts
from resolvers.identity.keystandings import key_standing
from resolvers.platform.events import conclude
from resolvers.writes import Transaction
from server.guards import guarded
from server.principals import STRANGER, origin
from server.responses import refusal

EXPOSED = "apiKeyExposed"
"""What the audit calls it."""
SAID = (
    "an API key is sent in a header, never in a URL: whoever sees the URL has the key;"
    " a key that was sent so is revoked"
)


class Exposed:
    """An application that refuses keys in URLs, and ends them, around another."""

    def __init__(self, app: ASGIApp, equipment: Equipment) -> None:
        self._app = app
        self._equipment = equipment

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = _key_in(scope) if scope["type"] in {"http", "websocket"} else None
        if key is None:
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        id_ = connection.headers.get("x-request-id", "")
        response = await guarded(self._refused(connection, key, id_), id_)
        if scope["type"] == "http":
            await response(scope, receive, send)
        else:
            await WebSocket(scope, receive, send).send_denial_response(response)

    async def _refused(
        self, connection: HTTPConnection, key: str, id_: str
    ) -> Response:
        where = origin(connection, STRANGER, id_)
        await _end(Context(self._equipment, SYSTEM, where), key)
        return refusal(HTTPException(400, SAID))


async def _end(context: Context, text: str) -> None:
    """End the key that this is, if it is one that opens something."""
    try:
        prefix = keytexts.prefix_of(text)
    except Unauthenticated:
        return
    with patient():
        async with context.read() as session:
            key = await key_standing(session, prefix)
    shown = keytexts.hashes(context.equipment.keys, text)
    if key is None or key.actor.key_id is None or key.ends(shown) is None:
        return
    id_ = key.actor.key_id

    async def work(write: Transaction) -> None:
        if row := await apikeys.expose(write, id_):
            await conclude(write, EXPOSED, row)

    await context.written(work)


def _key_in(scope: Scope) -> str | None:
    """The API key in a URL, if there is one."""
    url = f"{scope['path']}?{scope['query_string'].decode('latin-1')}"
    if keytexts.BRAND not in (plain := unquote_plus(url)):
        return None
    found = keytexts.PATTERN.search(plain)
    return found and found[0]
