"""Only Stripe is believed, and only of this moment."""

import time
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from db.models import BillingEvent, PlanSubscription
from db.session import Database
from resolvers.equipment import Equipment
from server.app import create_app
from server.settings import Settings
from tests.billing.stripes import SECRET, event, signed
from tests.billing.telling import UPDATED, rows, tell, told


@pytest.mark.parametrize("off", [-301, 301, -86_400, 86_400])
async def test_neither_the_past_nor_the_future_is_believed(
    http: httpx.AsyncClient, waiting: PlanSubscription, database: Database, off: int
) -> None:
    answer = await tell(http, told(waiting), at=time.time() + off)
    assert answer.status_code == 400
    assert await rows(database, BillingEvent) == []


@pytest.mark.parametrize("off", [-290, 290])
async def test_clocks_may_differ_by_five_minutes(
    http: httpx.AsyncClient, waiting: PlanSubscription, off: int
) -> None:
    at = time.time() + off
    assert (await tell(http, told(waiting), at=at)).status_code == 200


async def test_nobody_else_is_believed(
    http: httpx.AsyncClient, waiting: PlanSubscription, database: Database
) -> None:
    body, headers = signed(told(waiting))
    stamp, signature = headers["stripe-signature"].split(",")
    for changed, said in (
        (body.replace(b"active", b"unpaid"), headers),
        (body + b" ", headers),
        (body, {}),
        (body, {"stripe-signature": ""}),
        (body, {"stripe-signature": signature}),
        (body, {"stripe-signature": stamp}),
        (body, {"stripe-signature": f"t=x,{signature}"}),
        (body, {"stripe-signature": f"{stamp},v0={signature[3:]}"}),
        (body, signed(told(waiting), secret="whsec_other")[1]),  # noqa: S106  nobody's
        (b"\xff", headers),
    ):
        answer = await http.post("/webhooks/stripe", content=changed, headers=said)
        assert answer.status_code == 400, said
    assert await rows(database, BillingEvent) == []


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"id": "evt_1", "type": "x", "created": "now", "data": {"object": {}}},
        {"id": "evt_1", "type": "x", "created": 1e300, "data": {"object": {}}},
        {"id": "evt_1", "type": UPDATED, "created": 1, "data": {"object": []}},
        {"id": "evt_1", "type": UPDATED, "created": 1, "data": None},
        {"id": "evt_1\0", "type": "x", "created": 1, "data": {"object": {}}},
        {"id": "e" * 300, "type": "x", "created": 1, "data": {"object": {}}},
    ],
)
async def test_what_is_no_event_is_refused(
    http: httpx.AsyncClient, odd: dict[str, Any]
) -> None:
    assert (await tell(http, odd)).status_code == 400


async def test_an_event_has_a_megabyte_at_most(http: httpx.AsyncClient) -> None:
    large = event("x", {"object": "x", "padding": "a" * 2**20})
    assert (await tell(http, large)).status_code == 413


async def test_without_stripe_there_is_no_such_address(equipment: Equipment) -> None:
    for secret, expected in ((None, 404), (SecretStr(SECRET), 200)):
        app = create_app(equipment, Settings(stripe_webhook_secret=secret))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://h") as http:
            answer = await tell(http, event("x", {"object": "x"}))
            assert answer.status_code == expected
            if expected == 200:
                got = await http.get("/webhooks/stripe")
                assert got.status_code == 405
