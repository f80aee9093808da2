"""GraphQL requests with files, as the multipart request specification has them."""

import re
import weakref
from collections.abc import AsyncGenerator
from typing import Any

from python_multipart.exceptions import MultipartParseError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from server.body import Asked, asked, decoded
from server.callers import body

LARGEST = 32 * 2**20
"""Bytes of a body with its files. Larger ones go to POST /upload."""
PARTS = 20
BOUNDARY = re.compile(r'boundary="?([^";,]{1,70})"?', re.IGNORECASE)
INDEX = re.compile("[0-9]{1,9}")
TAIL = 256
"""Bytes at the end of a body, among which its last boundary is looked for."""


async def posted(request: Request) -> Asked:
    """What a multipart body asks, each file in its place among the variables."""
    form = await _form(request)
    operations, places = _document(form, "operations"), _document(form, "map")
    for part, paths in places.items():
        file = form.get(part)
        if not isinstance(file, UploadFile):
            raise HTTPException(400, f"no file was sent as the part {part!r}")
        if not isinstance(paths, list) or not all(isinstance(p, str) for p in paths):
            raise HTTPException(400, f"`map` names no list of paths for {part!r}")
        for path in paths:
            _put(operations, path, file)
    return asked(operations)


async def _form(request: Request) -> FormData:
    boundary = BOUNDARY.search(request.headers.get("content-type", ""))
    if boundary is None:
        raise HTTPException(400, "a multipart body needs a boundary")
    whole = _whole(request, f"--{boundary[1]}--".encode())
    parser = MultiPartParser(request.headers, whole, max_files=PARTS, max_fields=PARTS)
    try:
        form = await parser.parse()
    except (MultiPartException, MultipartParseError, UnicodeError) as error:
        raise HTTPException(400, f"the multipart body is broken: {error}") from error
    for _, part in form.multi_items():
        if isinstance(part, UploadFile):
            weakref.finalize(
                part, part.file.close
            )  # a mutation may outlive its request
    return form


async def _whole(request: Request, end: bytes) -> AsyncGenerator[bytes, None]:
    """A body as it comes. Raises HTTPException if it is too large or has no end.

    It is raised to the parser, which then closes the files that it has begun.
    """
    size, tail = 0, b""
    async for chunk in body(request):
        size += len(chunk)
        if size > LARGEST:
            said = f"a body with files has at most {LARGEST} bytes"
            raise HTTPException(413, f"{said}; use POST /upload")
        tail = (tail + chunk)[-TAIL:]
        yield chunk
    if end not in tail:
        raise HTTPException(400, "the multipart body ends before its last boundary")


def _document(form: FormData, name: str) -> dict[str, Any]:
    said = form.get(name)
    if not isinstance(said, str):
        raise HTTPException(400, f"`{name}` is missing")
    document = decoded(said, f"`{name}`")
    if not isinstance(document, dict):
        raise HTTPException(400, f"`{name}` is not a JSON object")
    return document


def _put(operations: dict[str, Any], path: str, file: UploadFile) -> None:
    """Put a file where a path points, which must be a null among the variables."""
    first, *steps = path.split(".")
    wrong = HTTPException(400, f"`map` points at no null variable: {path!r}")
    if first != "variables" or not steps:
        raise wrong
    place: Any = operations.get("variables")
    for step in steps[:-1]:
        place = _below(place, step, wrong)
    if _below(place, steps[-1], wrong) is not None:
        raise wrong
    place[int(steps[-1]) if isinstance(place, list) else steps[-1]] = file


def _below(place: Any, step: str, wrong: HTTPException) -> Any:
    if isinstance(place, dict) and step in place:
        return place[step]
    if isinstance(place, list) and INDEX.fullmatch(step) and int(step) < len(place):
        return place[int(step)]
    raise wrong
