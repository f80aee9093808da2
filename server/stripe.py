"""POST /webhooks/stripe: what Stripe tells us, once it is known that it is Stripe."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from stripe import SignatureVerificationError, WebhookSignature

from resolvers.access import SYSTEM
from resolvers.billing import told
from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.errors import Invalid
from server import responses
from server.body import decoded, read
from server.guards import guarded
from server.principals import STRANGER, origin

LARGEST = 2**20
"""Bytes of an event."""
SECONDS = 5.0
"""For an event to be taken in; Stripe sends it again."""
TOLERANCE = 300
"""Seconds between its clock and ours, either way."""
SIGNED = re.compile(r"(?:^|,)t=(\d+)(?:,|$)")


def webhook(
    equipment: Equipment, secret: str
) -> Callable[[Request], Awaitable[Response]]:
    """What answers Stripe: 200 once what it tells is certain, and not before."""

    async def answered(request: Request) -> Response:
        request_id = request.headers.get("x-request-id", "")
        about = origin(request, STRANGER, request_id)
        context = Context(equipment, SYSTEM, about)
        try:
            return await guarded(_received(context, request, secret), request_id)
        except ClientDisconnect:
            return Response(status_code=400)

    return answered


async def _received(context: Context, request: Request, secret: str) -> Response:
    try:
        async with asyncio.timeout(SECONDS):
            body = await read(request, LARGEST)
            signature = request.headers.get("stripe-signature", "")
            _require_signed(body, signature, secret)
            event = told.read(decoded(body, "the event"))
            new = await told.receive(context, event)
    except TimeoutError as error:
        raise HTTPException(503, "the server is busy; send it again") from error
    except Invalid as error:
        raise HTTPException(400, error.message) from error
    return responses.json({"received": new})


def _require_signed(body: bytes, signature: str, secret: str) -> None:
    """Raises HTTPException unless Stripe signed it just now.

    Its library takes what is signed in the future; we do not.
    """
    said = SIGNED.search(signature)
    try:
        WebhookSignature.verify_header(body, signature, secret, TOLERANCE)
    except (SignatureVerificationError, UnicodeDecodeError) as error:
        raise HTTPException(400, "this is not signed by Stripe") from error
    if said is None or abs(time.time() - int(said[1])) > TOLERANCE:
        raise HTTPException(400, f"it was signed more than {TOLERANCE} s from now")
