"""What a request asks, read within bounds, or the reason why it cannot be."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request

from resolvers.platform.persisted import PREFIX
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
NEITHER = "`query` is a GraphQL document, or `documentId` the id of one"
ASKS = {"query", "documentId", "extensions"}
"""Parameters of which a request has one."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The parameters of a GraphQL request."""

    query: str
    """The text of a document; empty where there is only its id."""
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    extensions: dict[str, Any] | None = None
    document_id: str | None = None


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
    return read_json(await read(request))


def read_json(body: bytes) -> Asked:
    """What a JSON body asks, once it is whole."""
    said = decoded(body, "the body")
    if not isinstance(said, dict):
        raise HTTPException(400, "the body is not a JSON object")
    return asked(said)


def queried(parameters: Mapping[str, str]) -> Asked:
    """What the parameters of a URL ask."""
    given: dict[str, Any] = dict(parameters)
    for name in ("variables", "extensions"):
        if name in given:
            given[name] = decoded(given[name], f"`{name}`")
    return asked(given)


def asked(given: Mapping[str, Any]) -> Asked:
    """The parameters, each of its type."""
    query, id_ = document(given)
    if not query and id_ is None:
        raise HTTPException(400, NEITHER)
    name = given.get("operationName")
    if not isinstance(name, str | None):
        raise HTTPException(400, "`operationName` is a string or null")
    for key in ("variables", "extensions"):
        if not isinstance(given.get(key), dict | None):
            raise HTTPException(400, f"`{key}` is an object or null")
    return Asked(query, given.get("variables"), name, given.get("extensions"), id_)


def document(given: Mapping[str, Any]) -> tuple[str, str | None]:
    """The text of a document, which may be empty, and its id, which may be none."""
    query, id_ = given.get("query"), _document_id(given)
    if query is None and id_ is not None:
        return "", id_
    if not isinstance(query, str):
        raise HTTPException(400, NEITHER)
    return query, id_


def _document_id(given: Mapping[str, Any]) -> str | None:
    """The id of a document, as the draft has it or as Apollo's clients say it."""
    id_, extensions = given.get("documentId"), given.get("extensions")
    if not isinstance(id_, str | None):
        raise HTTPException(400, "`documentId` is a string or null")
    match extensions:
        case {"persistedQuery": {"version": 1, "sha256Hash": str(digest)}}:
            if id_ not in {None, theirs := f"{PREFIX}{digest}"}:
                raise HTTPException(
                    400, "`documentId` and `extensions` name two documents"
                )
            return theirs
        case {"persistedQuery": _}:
            said = '{"version": 1, "sha256Hash": "…"}'
            raise HTTPException(400, f"`extensions.persistedQuery` is {said}")
        case _:
            return id_


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
