"""What a request asks, read within bounds, or the reason why it cannot be."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request

from server.negotiation import JSON

LARGEST = 2**20
"""Bytes of a body."""
SECONDS = 10
"""How long a body may take to arrive."""
MULTIPART = "multipart/form-data"
PREFLIGHT = (
    "apollo-require-preflight",
    "graphql-require-preflight",
    "x-apollo-operation-name",
)
"""Headers that a page of another origin cannot send without asking first."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The parameters of a GraphQL request."""

    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    extensions: dict[str, Any] | None = None


def media_type(request: Request) -> str:
    """The type of the body, which must be one that a form cannot send unasked."""
    if coding := request.headers.get("content-encoding"):
        raise HTTPException(415, f"a body is sent as it is, not as {coding!r}")
    given = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if given == MULTIPART and not any(map(request.headers.get, PREFLIGHT)):
        raise HTTPException(415, f"{MULTIPART} needs the header {PREFLIGHT[0]}: true")
    if given not in {JSON, MULTIPART}:
        raise HTTPException(415, f"a body is {JSON}, not {given or 'untyped'!r}")
    return given


async def posted(request: Request) -> Asked:
    """What a JSON body asks."""
    body = decoded(await read(request), "the body")
    if not isinstance(body, dict):
        raise HTTPException(400, "the body is not a JSON object")
    return asked(body)


def queried(parameters: Mapping[str, str]) -> Asked:
    """What the parameters of a URL ask."""
    given: dict[str, Any] = dict(parameters)
    for name in ("variables", "extensions"):
        if name in given:
            given[name] = decoded(given[name], f"`{name}`")
    return asked(given)


def asked(given: Mapping[str, Any]) -> Asked:
    """The parameters, each of its type."""
    query, name = given.get("query"), given.get("operationName")
    if not isinstance(query, str) or not query:
        raise HTTPException(400, "`query` is the text of a GraphQL document")
    if not isinstance(name, str | None):
        raise HTTPException(400, "`operationName` is a string or null")
    for key in ("variables", "extensions"):
        if not isinstance(given.get(key), dict | None):
            raise HTTPException(400, f"`{key}` is an object or null")
    return Asked(query, given.get("variables"), name, given.get("extensions"))


def decoded(text: str | bytes, what: str) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise HTTPException(400, f"{what} is not JSON: {error.msg}") from error


async def read(request: Request, largest: int = LARGEST) -> bytes:
    """The body. Its size is counted, whatever the client says of it."""
    body = bytearray()
    if _said(request) > largest:
        raise HTTPException(413, f"a body has at most {largest} bytes")
    try:
        async with asyncio.timeout(SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > largest:
                    raise HTTPException(413, f"a body has at most {largest} bytes")
    except TimeoutError as error:
        raise HTTPException(408, f"a body arrives within {SECONDS} s") from error
    return bytes(body)


def _said(request: Request) -> int:
    length = request.headers.get("content-length", "0")
    return int(length) if length.isascii() and length.isdigit() else 0
