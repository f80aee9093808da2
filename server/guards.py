"""What is around an answer: whatever goes wrong is told, and nothing else."""

import logging
from collections.abc import Awaitable
from math import ceil

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from resolvers.errors import Denial, RateLimited
from server import responses
from server.answers import fault
from server.till import HEADERS

logger = logging.getLogger(__name__)
STATUSES = {code: status for status, code in responses.CODES.items()}


async def guarded(work: Awaitable[Response], request_id: str) -> Response:
    """What some work answers, or why it does not. Raises ClientDisconnect."""
    try:
        return await work
    except HTTPException as error:
        return responses.refusal(error)
    except Denial as error:
        return denied(error)
    except ClientDisconnect:
        raise
    except Exception:
        logger.exception("fault %s", request_id)
        return responses.json({"errors": fault(request_id)}, 500)


def denied(error: Denial) -> Response:
    """A denial as HTTP has it."""
    headers: dict[str, str] = {}
    if isinstance(error, RateLimited):
        headers["retry-after"] = str(after := max(1, ceil(error.retry_after)))
        if one := error.allowance:
            left = one.limit or 0, one.remaining or 0, after
            headers |= dict(zip(HEADERS, map(str, left), strict=True))
    said = {"message": str(error), "extensions": error.extensions}
    status = STATUSES.get(error.code, 400)
    return responses.json({"errors": [said]}, status, headers=headers)
