"""Points as a stream: POST /analyses/{id}/points, a JSON object a line (NDJSON)."""

import logging
from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from db import models
from db.types import moment
from resolvers.context import Context
from resolvers.errors import Denial, Invalid, Refusal
from resolvers.monitoring import points
from resolvers.monitoring.points import Given
from resolvers.platform.actions import Done, accounted, act
from schema.ids import row_id
from server.answers import fault
from server.callers import body, payload, status
from server.guards import denied
from server.lines import LONGEST, Line, Lines, batches

logger = logging.getLogger(__name__)
ACTION = "monitorPointsIngest"
AT_ONCE = 200
"""Lines that are stored together, where they come fast enough."""
FIELDS = {"values", "processOrder", "timestamp", "metadata"}


async def ingest(context: Context, request: Request) -> Response:
    """Store points as they come, and say after each batch how far it is.

    The answer is a line for each batch: what it says was accepted is durable. At the
    first line that will not do it says why, by line, and takes no more. The status is
    that of the first batch: 422 where nothing of it was taken.
    """
    stream = Stream(context, row_id(request.path_params["id"], models.Analysis))
    answers = stream.answers(body(request))
    first = await anext(answers, b"")
    return Lines(first, answers, stream.status)


class Stream:
    """One stream of points to an analysis."""

    def __init__(self, context: Context, id_: UUID) -> None:
        self._context, self._id = context, id_
        self._accepted = 0
        self.status = 200

    async def answers(
        self, chunks: AsyncGenerator[bytes, None]
    ) -> AsyncGenerator[bytes, None]:
        """A line of JSON after each batch."""
        most = min(AT_ONCE, self._context.equipment.policy.ingest_points)
        try:
            async for lines in batches(chunks, most):
                async for number, done in self._taken(lines):
                    self.status = status(done) if done.refusal else 200
                    yield self._said(number, done)
                    if done.refusal:
                        return
            if not self._accepted:
                yield self._said(0, Done())
        except HTTPException as error:
            self.status = error.status_code
            yield _wrong("BAD_REQUEST", error.detail)
        except Denial as error:
            self.status = denied(error).status_code
            yield _wrong(error.code, str(error))
        except ClientDisconnect:
            return
        except Exception:
            reference = self._context.origin.request_id
            logger.exception("fault %s", reference)
            self.status = 500
            yield _line({"errors": fault(reference)})

    async def _taken(self, lines: list[Line]) -> AsyncGenerator[tuple[int, Done], None]:
        """What came of the lines before the first that will not do, and of that one.

        Beside it is the number of the last line that it is about.
        """
        bad: tuple[int, Done] | None = None
        while lines:
            done = await self._stored(lines)
            if done.refusal is None:
                yield lines[-1].number, done
                break
            place = _place(done.refusal)
            bad, lines = (lines[place].number, _of_line(done)), lines[:place]
        if bad:
            yield bad

    async def _stored(self, lines: list[Line]) -> Done:
        context = self._context
        batch = await accounted(context, ACTION, self._scored(lines))
        if isinstance(batch, Done):
            return batch
        done = await act(context, ACTION, None, points.ingest, self._id, batch)
        if done.refusal is None:
            self._accepted += len(lines)
        return done

    async def _scored(self, lines: list[Line]) -> points.Batch:
        given = [_read(line.text, place) for place, line in enumerate(lines)]
        return await points.scored(self._context, self._id, given)

    def _said(self, number: int, done: Done) -> bytes:
        return _line(payload(done, accepted=self._accepted, line=number))


def _read(text: bytes, place: int) -> Given:
    try:
        return _point(text)
    except ValueError as error:
        raise Invalid(f"this is no point: {error}", "points", str(place)) from error


def _point(text: bytes) -> Given:
    """What a line says. Raises ValueError."""
    if len(text) > LONGEST:
        raise ValueError(f"a line has at most {LONGEST} bytes")
    said = orjson.loads(text)
    if not isinstance(said, dict) or not set(said) <= FIELDS:
        raise ValueError(f"a line is an object with some of {sorted(FIELDS)}")
    values, order = said.get("values"), said.get("processOrder")
    if not isinstance(values, list) or not all(map(_number, values)):
        raise ValueError("`values` is a list of numbers")
    if order is not None and type(order) is not int:
        raise ValueError("`processOrder` is a whole number")
    at = said.get("timestamp")
    at = None if at is None else moment(str(at))
    return Given(values, order, at, said.get("metadata"))


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _place(refusal: Refusal) -> int:
    """Which line of a batch a refusal is about; 0 for the first, or for all."""
    places = [int(one) for one in refusal.field if one.isdecimal()]
    return places[0] if places else 0


def _of_line(done: Done) -> Done:
    """A refusal as that of one line: its field is below the line's own object."""
    if not isinstance(refusal := done.refusal, Refusal):
        return done
    field = refusal.field
    below = field[2:] if field[1:2] and field[1].isdecimal() else field
    return Done(refusal=type(refusal)(refusal.message, *below))


def _wrong(code: str, message: str) -> bytes:
    return _line({"errors": [{"message": message, "extensions": {"code": code}}]})


def _line(said: Any) -> bytes:
    return orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE)
