"""What may be said over a websocket: graphql-transport-ws, message by message."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.exceptions import HTTPException

from server.body import LARGEST, Asked, document

LONGEST = 255
"""Characters of an id, which is kept, and sent with each answer."""


class Closing(Exception):
    """The socket is to be closed, and why."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Init:
    """The first message, with credentials."""

    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ping:
    """A sign of life, perhaps with fresh credentials."""

    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pong:
    """An answer to a ping."""


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Run an operation of any kind, and call it by an id."""

    id: str
    asked: Asked


@dataclass(frozen=True, slots=True)
class Complete:
    """Nobody listens to an operation any more."""

    id: str


Message = Init | Ping | Pong | Subscribe | Complete


def read(frame: Mapping[str, Any]) -> Message:
    """The message in a frame. Raises Closing with 4400, or 1009 for one too large."""
    text = frame.get("text")
    if not isinstance(text, str):
        raise Closing(4400, "a message is text, not binary")
    if len(text) > LARGEST:
        raise Closing(1009, f"a message has at most {LARGEST} characters")
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Closing(4400, f"a message is JSON: {error.msg}") from error
    if not isinstance(message, dict):
        raise Closing(4400, "a message is an object")
    kind = message.get("type")
    if not isinstance(kind, str) or kind not in KINDS:
        raise Closing(4400, f"`type` is one of {', '.join(KINDS)}")
    return KINDS[kind](message)


def _subscribe(message: dict[str, Any]) -> Subscribe:
    given = _object(message, "payload", required=True)
    try:
        query, document_id = document(given)
    except HTTPException as error:
        raise Closing(4400, error.detail) from error
    if not isinstance(name := given.get("operationName"), str | None):
        raise Closing(4400, "`payload.operationName` is a string or null")
    variables, extensions = _object(given, "variables"), _object(given, "extensions")
    asked = Asked(query, variables, name, extensions, document_id)
    return Subscribe(_id(message), asked)


def _id(message: dict[str, Any]) -> str:
    if isinstance(id_ := message.get("id"), str) and 1 <= len(id_) <= LONGEST:
        return id_
    raise Closing(4400, f"`id` is a string of 1 to {LONGEST} characters")


def _object(
    given: dict[str, Any], name: str, *, required: bool = False
) -> dict[str, Any]:
    value = given.get(name)
    if value is None and not required:
        return {}
    if not isinstance(value, dict):
        raise Closing(4400, f"`{name}` is an object{'' if required else ' or null'}")
    return value


def _pong(message: dict[str, Any]) -> Pong:
    _object(message, "payload")
    return Pong()


KINDS: dict[str, Callable[[dict[str, Any]], Message]] = {
    "connection_init": lambda message: Init(_object(message, "payload")),
    "ping": lambda message: Ping(_object(message, "payload")),
    "pong": _pong,
    "subscribe": _subscribe,
    "complete": lambda message: Complete(_id(message)),
}
"""What a client may say."""
