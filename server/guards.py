"""What is around an answer: whatever goes wrong is told, and nothing else."""

import logging
from collections.abc import Awaitable

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from resolvers.errors import Denial, RateLimited
from server import responses
from server.answers import fault

logger = logging.getLogger(__name__)
STATUSES = {code: status for status, code in responses.CODES.items()}


async def guarded(work: Awaitable[Response], request_id: str) -> Response:
    """What some work answers, or why it does not. Raises ClientDisconnect."""
    try:
        return await work
    except HTTPException as error:
        return responses.refusal(error)
    except Denial as error:
        return responses.refusal(refused(error))
    except ClientDisconnect:
        raise
    except Exception:
        logger.exception("fault %s", request_id)
        return responses.json({"errors": fault(request_id)}, 500)


def refused(error: Denial) -> HTTPException:
    """A denial as HTTP has it."""
    headers = None
    if isinstance(error, RateLimited):
        headers = {"retry-after": str(max(1, round(error.retry_after)))}
    return HTTPException(STATUSES.get(error.code, 400), str(error), headers)
