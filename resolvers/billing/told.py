"""What Stripe tells of subscriptions, whenever and in whatever order that arrives."""

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from db import rows
from db.base import utcnow
from db.dialects import sound
from db.models import (
    BillingEvent,
    Outcome,
    Plan,
    PlanSubscription,
    SubscriptionStatus,
    User,
)
from resolvers.access import SYSTEM, Actor, visible
from resolvers.billing.subscriptions import MOMENT, end, held, move
from resolvers.billing.terms import HOLDS, LIVE
from resolvers.context import Context
from resolvers.errors import Invalid
from resolvers.platform import events
from resolvers.writes import Transaction

ACTION = "stripeWebhook"
OURS = "heliograph_subscription"
"""Under this name Stripe keeps our id of a subscription."""
SUBSCRIPTION, EXPIRED = "customer.subscription.", "checkout.session.expired"
"""The events that say something to us; others are kept, and that is all."""
STATUSES = {
    "active": SubscriptionStatus.ACTIVE,
    "trialing": SubscriptionStatus.ACTIVE,
    "past_due": SubscriptionStatus.PAST_DUE,
    "unpaid": SubscriptionStatus.PAST_DUE,
    "paused": SubscriptionStatus.PAST_DUE,
    "incomplete": SubscriptionStatus.INCOMPLETE,
    "canceled": SubscriptionStatus.CANCELED,
    "incomplete_expired": SubscriptionStatus.CANCELED,
}
"""What Stripe's words are in ours."""
RANK = (
    SubscriptionStatus.INCOMPLETE,
    SubscriptionStatus.ACTIVE,
    SubscriptionStatus.PAST_DUE,
    SubscriptionStatus.CANCELED,
)
"""Of what was said in the same second, the last of these holds."""
PHASE = dict(zip(RANK, (0, 1, 1, 2), strict=True))
"""Nothing leads from a phase to one before it, whatever arrives when."""
LONGEST = 100
"""Characters of a text of Stripe's."""
ODD = (AttributeError, LookupError, OSError, OverflowError, TypeError, ValueError)
"""What is raised on the way through what is no event."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class State:
    """How a subscription stands."""

    subscription_id: str
    """Ours; empty where Stripe does not know it."""
    stripe_id: str | None
    """Stripe's; None where nobody has paid and nobody will."""
    status: str
    customer_id: str | None = None
    price_id: str | None = None
    cancel_at_period_end: bool = False
    ends_at: int | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """One event."""

    event_id: str
    type: str
    happened_at: datetime
    state: State | None


def read(event: Any) -> Told:
    """What an event says. Raises Invalid where it says nothing that we understand."""
    try:
        kind, object_ = _text(event["type"]), event["data"]["object"]
        happened = datetime.fromtimestamp(event["created"], UTC)
        return Told(_text(event["id"]), kind, happened, _state(kind, object_))
    except ODD as error:
        raise Invalid("this is no event of Stripe's") from error


async def receive(context: Context, told: Told) -> bool:
    """Let an event take effect; False if it has before. It is certain on return.

    The audit says which event it was, and why it could not be followed if so.
    """

    async def work(write: Transaction) -> bool:
        event = BillingEvent(event_id=told.event_id, type=told.type)
        event.happened_at, event.processed_at = told.happened_at, utcnow()
        event.payload = asdict(told.state) if told.state else {}
        values = rows.completed(event)
        if not await write.run(_claimed, write.writing.dialect, **values):
            return False
        if told.state is None:
            return True
        row, wrong = await _apply(write, told.state, told.happened_at)
        about = {"event_id": told.event_id, "type": told.type, "error": wrong}
        for column, said in about.items():
            write.note(event, column, None, said)
        status = Outcome.SUCCESS
        if wrong:
            status = Outcome.FAILURE
            logger.warning("stripe's event %s: %s", told.event_id, wrong)
            await write.run(_noted, which=event.id, wrong=wrong)
        await events.conclude(write, ACTION, row, status=status)
        return True

    if await context.written(work):
        return True
    await context.database.settled()  # whoever heard it first may still wait for that
    return False


def _state(kind: str, object_: Mapping[str, Any]) -> State | None:
    ours = _text((object_.get("metadata") or {}).get(OURS, ""))
    if kind == EXPIRED:
        return State(ours, None, "incomplete_expired")
    if not kind.startswith(SUBSCRIPTION) or object_["object"] != "subscription":
        return None
    return State(
        ours,
        _text(object_["id"]),
        _text(object_["status"]),
        _text(object_["customer"]),
        _text(object_["items"]["data"][0]["price"]["id"]),
        bool(object_.get("cancel_at_period_end")),
        object_.get("ended_at") or object_.get("cancel_at"),
    )


def _text(given: Any) -> str:
    """A text that can be kept. Raises ValueError or TypeError for anything else."""
    if len(given) > LONGEST:
        raise ValueError(f"a text of Stripe's has at most {LONGEST} characters")
    return sound(given)


async def _apply(
    write: Transaction, state: State, then: datetime
) -> tuple[PlanSubscription | None, str | None]:
    """The subscription as it is now, and what is not as it should be."""
    status, id_ = STATUSES.get(state.status), await _which(write, state)
    if status is None:
        return None, f"nobody knows the status {state.status!r}"
    if id_ is None:
        return None, f"no subscription is {state.stripe_id or state.subscription_id}"
    user, row = await held(write, id_)
    return row, await _heard(write, user, row, status, state, then)


async def _heard(  # noqa: PLR0913, PLR0917  who is told, and what of
    write: Transaction,
    user: User,
    row: PlanSubscription,
    status: SubscriptionStatus,
    state: State,
    then: datetime,
) -> str | None:
    """Follow what is said, if it still holds; gives what is not as it should be."""
    if state.stripe_id is None:
        if row.status is SubscriptionStatus.INCOMPLETE:
            end(row, user, then)
        return None
    if row.stripe_subscription_id not in {None, state.stripe_id}:
        return f"it is {row.stripe_subscription_id}, not {state.stripe_id}"
    if row.status is SubscriptionStatus.CANCELED and status in LIVE:
        return f"it is {state.status} at Stripe, and canceled here"
    if not _newer(row, status, then):
        return None
    row.stripe_subscription_id, row.stripe_told_at = state.stripe_id, then
    user.stripe_customer_id = state.customer_id
    return await _follow(write, user, row, status, state)


async def _which(write: Transaction, state: State) -> UUID | None:
    """Our id of a subscription: by Stripe's, or by ours that it was told."""
    ids = visible(SYSTEM, PlanSubscription).with_only_columns(PlanSubscription.id)
    theirs = ids.where(PlanSubscription.stripe_subscription_id == state.stripe_id)
    if found := await write.session.scalar(theirs):
        return found
    try:
        ours = UUID(state.subscription_id)
    except ValueError:
        return None
    return await write.session.scalar(ids.where(PlanSubscription.id == ours))


def _newer(row: PlanSubscription, status: SubscriptionStatus, then: datetime) -> bool:
    """Whether what is said holds: it does not depend on what arrives first."""
    told = row.stripe_told_at or datetime.min.replace(tzinfo=UTC)
    here = (PHASE[row.status], told, RANK.index(row.status))
    return (PHASE[status], then, RANK.index(status)) >= here


async def _follow(
    write: Transaction,
    user: User,
    row: PlanSubscription,
    status: SubscriptionStatus,
    state: State,
) -> str | None:
    """Make a subscription what it is at Stripe; gives what is not as it should be."""
    row.stripe_status = state.status
    ends = state.ends_at and datetime.fromtimestamp(state.ends_at, UTC)
    if status is SubscriptionStatus.CANCELED:
        if row.status in LIVE:
            end(row, user, ends or utcnow())
        return None
    row.cancel_at_period_end = state.cancel_at_period_end
    row.ends_at = max(ends, row.started_at + MOMENT) if ends else None
    row.status = status
    priced = visible(SYSTEM, Plan).where(Plan.stripe_price_id == state.price_id)
    plan = await write.session.scalar(priced)
    sold = plan or await write.see(Plan, row.plan_id)
    move(row, sold)
    if status in HOLDS:
        user.tier = sold.tier
    return None if plan else f"no plan has the price {state.price_id!r}"


def _claimed(_: Actor, dialect: str) -> Any:
    speech: Any = {"postgresql": postgresql, "sqlite": sqlite}[dialect]
    insert = speech.insert(BillingEvent).on_conflict_do_nothing()
    return insert.returning(BillingEvent.id)


def _noted(_: Actor) -> sa.Update:
    event = BillingEvent.id == sa.bindparam("which", type_=sa.Uuid())
    return sa.update(BillingEvent).where(event).values(error=sa.bindparam("wrong"))
