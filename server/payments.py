"""Subscriptions paid for through Stripe. Its library is an extra, `stripe`."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from stripe import (
    APIConnectionError,
    APIError,
    CardError,
    InvalidRequestError,
    RateLimitError,
    RequestsClient,
    StripeClient,
)

from resolvers.billing.told import OURS
from resolvers.errors import Busy, Conflict
from resolvers.payments import Purchase

PATIENCE = 10.0
"""Seconds for an answer of Stripe's."""
AWAY = (APIConnectionError, APIError, RateLimitError)
GONE = "resource_missing"
AT_ONCE = {
    "proration_behavior": "always_invoice",
    "payment_behavior": "error_if_incomplete",
}
"""How a dearer plan is paid for: before it is had, or not at all."""
TURNS = 2
"""Questions to Stripe at a time. Each takes a thread that others may wait for."""


class StripePayments:
    """Asks Stripe, each thing once however often it is asked for."""

    def __init__(self, secret: str, public_url: str, api: str | None = None) -> None:
        self._public_url = public_url.rstrip("/")
        self._client: Any = StripeClient(
            secret,
            base_addresses={"api": api} if api else None,
            http_client=RequestsClient(timeout=PATIENCE),
            max_network_retries=1,
        )
        self._turns = asyncio.Semaphore(TURNS)

    async def checkout(self, purchase: Purchase) -> str:
        return (await self._session(purchase)).url

    async def abandon(self, purchase: Purchase) -> bool:
        sessions = self._client.v1.checkout.sessions
        made = await self._session(purchase)
        try:
            await self._asked(lambda: sessions.expire(made.id))
        except InvalidRequestError:  # it is not open any more
            now = await self._asked(lambda: sessions.retrieve(made.id))
            return now.status != "complete"
        return True

    async def change(self, stripe_id: str, price_id: str | None) -> datetime | None:
        subscriptions = self._client.v1.subscriptions
        change: dict[str, Any] = {"cancel_at_period_end": False}
        if price_id is not None:
            known = await self._asked(lambda: subscriptions.retrieve(stripe_id))
            item = {"id": known["items"].data[0].id, "price": price_id}
            change |= {"items": [item], **AT_ONCE}
        try:
            said = await self._asked(lambda: subscriptions.update(stripe_id, change))
        except CardError as error:
            raise Conflict(
                "the payment was refused; nothing has changed", "plan"
            ) from error
        return said.cancel_at and datetime.fromtimestamp(said.cancel_at, UTC)

    async def cancel(self, stripe_id: str, *, at_once: bool) -> datetime | None:
        subscriptions = self._client.v1.subscriptions
        if not at_once:
            last = {"cancel_at_period_end": True}
            said = await self._asked(lambda: subscriptions.update(stripe_id, last))
            return datetime.fromtimestamp(said.cancel_at, UTC)
        try:
            await self._asked(lambda: subscriptions.cancel(stripe_id))
        except InvalidRequestError as error:
            if error.code != GONE:
                raise
        return None

    async def _session(self, purchase: Purchase) -> Any:
        """The page on which it is paid for; Stripe makes one, and then knows it."""
        ours = {OURS: purchase.subscription_id.hex}
        params: dict[str, Any] = {
            "mode": "subscription",
            "line_items": [{"price": purchase.price_id, "quantity": 1}],
            "success_url": f"{self._public_url}/?subscription=paid",
            "cancel_url": f"{self._public_url}/?subscription=unpaid",
            "metadata": ours,
            "subscription_data": {"metadata": ours},
        }
        if purchase.customer_id:
            params["customer"] = purchase.customer_id
        once = f"{purchase.subscription_id.hex}-{purchase.price_id}"
        sessions, options = self._client.v1.checkout.sessions, {"idempotency_key": once}
        return await self._asked(lambda: sessions.create(params, options))

    async def _asked(self, ask: Callable[[], Any]) -> Any:
        """What Stripe says. Raises Busy where it says nothing."""
        try:
            await self._turns.acquire()
            asked = asyncio.ensure_future(asyncio.to_thread(ask))
            asked.add_done_callback(self._over)
            return await asyncio.shield(asked)
        except AWAY as error:
            said = "stripe cannot be reached; try again in a moment"
            raise Busy(said) from error

    def _over(self, asked: asyncio.Future[Any]) -> None:
        """Let another take the turn, whoever still waits for the answer."""
        self._turns.release()
        if not asked.cancelled():
            asked.exception()
