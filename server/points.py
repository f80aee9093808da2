"""Points as a stream: POST /analyses/{id}/points, a JSON object a line (NDJSON)."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from db import models
from db.types import moment
from resolvers.context import Context
from resolvers.errors import Denial, Invalid, Refusal
from resolvers.monitoring import points
from resolvers.monitoring.points import Given
from resolvers.platform.actions import Done, act, refuse
from schema.ids import row_id
from server.callers import body, payload

ACTION = "monitorPointsIngest"
AT_ONCE = 200
"""Lines that are stored together, where they come fast enough."""
PATIENCE = 0.2
"""Seconds to wait for more lines before those that came are stored."""
LONGEST = 2**20
"""Bytes of a line."""
FIELDS = {"values", "processOrder", "timestamp", "metadata"}


async def ingest(context: Context, request: Request) -> Response:
    """Store points as they come, and say after each batch how far it is.

    The answer is a line for each batch: what it says was accepted is durable. At the
    first line that will not do it says why, by line, and takes no more.
    """
    id_ = row_id(request.path_params["id"], models.Analysis)
    return Lines(Stream(context, id_).answers(body(request)))


class Stream:
    """One stream of points to an analysis."""

    def __init__(self, context: Context, id_: Any) -> None:
        self._context, self._id = context, id_
        self._accepted = 0

    async def answers(
        self, chunks: AsyncGenerator[bytes, None]
    ) -> AsyncGenerator[bytes, None]:
        """A line of JSON after each batch."""
        try:
            async for lines in batches(chunks):
                done = await self._stored(lines)
                if done.refusal and (good := _place(done.refusal)):
                    yield self._said(await self._stored(lines[:good]))
                    done = Done(refusal=_first(done.refusal))
                yield self._said(done)
                if done.refusal:
                    return
        except HTTPException as error:
            yield _wrong("BAD_REQUEST", error.detail)
        except Denial as error:
            yield _wrong(error.code, str(error))
        except ClientDisconnect:
            return

    async def _stored(self, lines: list[bytes]) -> Done:
        context, id_ = self._context, self._id
        try:
            given = [_read(line, place) for place, line in enumerate(lines)]
            batch = await points.scored(context, id_, given)
        except Refusal as refusal:
            return await refuse(context, ACTION, refusal)
        done = await act(context, ACTION, None, points.ingest, id_, batch)
        if done.refusal is None:
            self._accepted += len(given)
        return done

    def _said(self, done: Done) -> bytes:
        line = self._accepted + (1 if done.refusal else 0)
        return orjson.dumps(
            payload(done, accepted=self._accepted, line=line),
            option=orjson.OPT_APPEND_NEWLINE,
        )


class Lines(Response):
    """Lines that are sent while the body they answer is still coming in."""

    media_type = "application/x-ndjson"

    def __init__(self, lines: AsyncGenerator[bytes, None]) -> None:
        super().__init__()
        del self.headers["content-length"]
        self._lines = lines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200}
        await send({**start, "headers": self.raw_headers})
        async with aclosing(self._lines):
            async for line in self._lines:
                part = {"type": "http.response.body", "body": line}
                await send({**part, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _read(line: bytes, place: int) -> Given:
    try:
        said = orjson.loads(line)
        if not isinstance(said, dict) or not set(said) <= FIELDS:
            raise ValueError(f"a line is an object with some of {sorted(FIELDS)}")
        values, order = said.get("values"), said.get("processOrder")
        if not isinstance(values, list) or not all(map(_number, values)):
            raise ValueError("`values` is a list of numbers")
        if not isinstance(order, int | None) or isinstance(order, bool):
            raise ValueError("`processOrder` is a whole number")
        at = said.get("timestamp")
        at = None if at is None else moment(str(at))
        return Given(values, order, at, said.get("metadata"))
    except ValueError as error:
        raise Invalid(f"this is no point: {error}", "points", str(place)) from error


def _place(refusal: Refusal) -> int:
    """Which line of a batch a refusal is about; 0 for the first, or for all."""
    places = [int(one) for one in refusal.field if one.isdecimal()]
    return places[0] if places else 0


def _first(refusal: Refusal) -> Refusal:
    """A refusal of a line, as that of the first of those that are left."""
    field = ["0" if one.isdecimal() else one for one in refusal.field]
    return type(refusal)(refusal.message, *field)


async def batches(
    chunks: AsyncGenerator[bytes, None],
) -> AsyncGenerator[list[bytes], None]:
    """Whole lines, together as they come. Raises HTTPException for one too long."""
    queue: asyncio.Queue[list[bytes] | Exception | None] = asyncio.Queue(2)
    reader = asyncio.create_task(_read_lines(chunks, queue))
    try:
        waiting: list[bytes] = []
        ended = False
        while not ended:
            try:
                async with asyncio.timeout(PATIENCE if waiting else None):
                    lines = await queue.get()
            except TimeoutError:
                yield waiting
                waiting = []
                continue
            if isinstance(lines, Exception):
                raise lines
            ended = lines is None
            waiting += lines or []
            while len(waiting) >= AT_ONCE or (ended and waiting):
                yield waiting[:AT_ONCE]
                waiting = waiting[AT_ONCE:]
    finally:
        reader.cancel()


async def _read_lines(
    chunks: AsyncGenerator[bytes, None],
    queue: "asyncio.Queue[list[bytes] | Exception | None]",
) -> None:
    rest = b""
    try:
        async for chunk in chunks:
            *lines, rest = (rest + chunk).split(b"\n")
            if max(map(len, [*lines, rest])) > LONGEST:
                raise HTTPException(413, f"a line has at most {LONGEST} bytes")
            if whole := [line for line in lines if line.strip()]:
                await queue.put(whole)
        if rest.strip():
            await queue.put([rest])
        await queue.put(None)
    except (HTTPException, ClientDisconnect) as error:
        await queue.put(error)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _wrong(code: str, message: str) -> bytes:
    error = {"message": message, "extensions": {"code": code}}
    return orjson.dumps({"errors": [error]}, option=orjson.OPT_APPEND_NEWLINE)
