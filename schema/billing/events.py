"""What Stripe told."""

from datetime import datetime

import strawberry

from db import models
from schema.connections import Connection
from schema.edges import found, listed
from schema.lists.billing import BillingEventFilter, BillingEventOrder
from schema.nodes import Entity


@strawberry.type
class BillingEvent(Entity, of=models.BillingEvent):
    """Something that Stripe told, kept for ninety days."""

    created_at: datetime
    event_id: str
    type: str
    happened_at: datetime
    processed_at: datetime | None
    error: str | None


@strawberry.type
class Query:
    billing_event: BillingEvent | None = found(models.BillingEvent)
    """An event of Stripe's, for administrators."""
    billing_events: Connection[BillingEvent] = listed(
        models.BillingEvent, BillingEventFilter, BillingEventOrder
    )
    """What Stripe told, for administrators."""
