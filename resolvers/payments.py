"""What takes money for subscriptions. The server decides what it is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Purchase:
    """A subscription that is to be paid for."""

    subscription_id: UUID
    """Ours. What is asked again for the same one is done once."""
    price_id: str
    customer_id: str | None
    """Who the payer is to whoever takes the money, if they are known there."""


class Payments(Protocol):
    """Takes payments. Raises Busy where it cannot be reached."""

    async def checkout(self, purchase: Purchase) -> str:
        """The address of a page on which it is paid for; the same page each time."""
        ...

    async def abandon(self, purchase: Purchase) -> bool:
        """Close that page; False where it was paid for already."""
        ...

    async def change(self, stripe_id: str, price_id: str | None) -> datetime | None:
        """Have a subscription go on, at another price if one is said.

        Gives when it ends all the same, if it does.
        """
        ...

    async def cancel(self, stripe_id: str, *, at_once: bool) -> datetime | None:
        """End a subscription, at once or with what is paid for; gives when it ends."""
        ...
