"""A Stripe of our own: what of its API we ask, and events as it signs them."""

import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from stripe import WebhookSignature
from uuid_utils.compat import uuid7

SECRET = "whsec_of_nobody"  # noqa: S105  nobody's
OURS = "heliograph_subscription"
PERIOD_END = 1_900_000_000


@dataclass
class FakeStripe:
    """Remembers what it was asked; it answers the same key with the same session."""

    sessions: dict[str, dict[str, Any]] = field(default_factory=dict[str, Any])
    """By key of idempotency."""
    asked: list[tuple[str, dict[str, str]]] = field(
        default_factory=list[tuple[str, dict[str, str]]]
    )
    away: bool = False
    poor: bool = False
    """Whether the card of everybody is refused."""

    @property
    def app(self) -> Starlette:
        path = "/v1/{rest:path}"
        return Starlette(
            routes=[Route(path, self.answer, methods=["GET", "POST", "DELETE"])]
        )

    async def answer(self, request: Request) -> Response:
        given = dict(parse_qsl((await request.body()).decode()))
        said = f"{request.method} {request.path_params['rest']}"
        self.asked.append((said, given))
        if refusal := self._refusal(given):
            return refusal
        if said == "POST checkout/sessions":
            key = request.headers["idempotency-key"]
            return JSONResponse(self.sessions.setdefault(key, _session(given)))
        if "checkout/sessions" in said:
            return self._session(said)
        sub = said.split("/")[1]
        if request.method == "DELETE":
            return JSONResponse(subscription(sub, "canceled"))
        if given.get("cancel_at_period_end") == "true":
            return JSONResponse(subscription(sub, cancel_at=PERIOD_END))
        return JSONResponse(subscription(sub))

    def _refusal(self, given: dict[str, str]) -> Response | None:
        if self.away:
            return _error(503, "api_error", "")
        if self.poor and "items[0][price]" in given:
            return _error(402, "card_error", "declined")
        return None

    def _session(self, said: str) -> Response:
        id_ = said.split("/")[2]
        session = next(one for one in self.sessions.values() if one["id"] == id_)
        if said.endswith("/expire"):
            if session["status"] != "open":
                return _error(400, "invalid_request_error", "not open")
            session["status"] = "expired"
        return JSONResponse(session)


def _session(given: dict[str, str]) -> dict[str, Any]:
    id_ = f"cs_{uuid7().hex}"
    metadata = {OURS: given[f"metadata[{OURS}]"]}
    return {
        "id": id_,
        "object": "checkout.session",
        "status": "open",
        "url": f"https://pay.example/{id_}",
        "metadata": metadata,
    }


def _error(status: int, kind: str, said: str) -> Response:
    return JSONResponse({"error": {"type": kind, "message": said}}, status)


def subscription(
    id_: str = "sub_1",
    status: str = "active",
    price: str = "price_pro",
    ours: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A subscription as Stripe shows it."""
    item = {"id": "si_1", "object": "subscription_item", "price": {"id": price}}
    return {
        "id": id_,
        "object": "subscription",
        "status": status,
        "customer": "cus_1",
        "items": {"object": "list", "data": [item]},
        "cancel_at_period_end": "cancel_at" in more,
        "cancel_at": None,
        "ended_at": None,
        "metadata": {OURS: ours} if ours else {},
        **more,
    }


def event(kind: str, object_: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An event as Stripe sends it."""
    said = {"id": f"evt_{uuid7().hex}", "object": "event", "type": kind}
    return said | {"created": int(time.time()), "data": {"object": object_}} | more


def signed(
    event: dict[str, Any], at: float | None = None, secret: str = SECRET
) -> tuple[bytes, dict[str, str]]:
    """The body of an event, and its signature."""
    body = json.dumps(event)
    moment = int(time.time() if at is None else at)
    header = WebhookSignature.generate_signature_header(body, secret, moment)
    return body.encode(), {"stripe-signature": header}
