"""Subscriptions that end without anybody's ending them."""

import logging
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from db.base import utcnow
from db.models import Job, PlanSubscription, SubscriptionStatus, User
from resolvers.access import SYSTEM, visible
from resolvers.billing import paying
from resolvers.billing.subscriptions import end, held
from resolvers.billing.terms import LIVE
from resolvers.context import Context
from resolvers.errors import Busy, Conflict
from resolvers.platform import events
from resolvers.writes import Transaction

PATIENCE = timedelta(days=2)
"""For how long one is kept that nobody pays for: the page for it is gone sooner."""
AT_ONCE = 500
"""Subscriptions that are ended in one go."""
ACTION = "subscriptionEnd"
logger = logging.getLogger(__name__)


async def expire(context: Context) -> dict[str, int]:
    """End what has come to its end, what nobody paid for, and what the departed have.

    Of the end of what is paid for through Stripe it is Stripe that tells.
    """
    now, row = utcnow(), PlanSubscription
    late = row.ends_at < sa.bindparam("now")
    unpaid = (row.status == SubscriptionStatus.INCOMPLETE) & (
        row.started_at < sa.bindparam("long_ago")
    )
    own = row.stripe_subscription_id.is_(None) & (late | unpaid)
    rows = visible(SYSTEM, row).join(User, User.id == row.owner_id)
    over = rows.where(row.status.in_(LIVE), own | ~User.is_active)
    ids = over.with_only_columns(row.id).order_by(row.id).limit(AT_ONCE)
    async with context.database.read() as session:
        given = {"now": now, "long_ago": now - PATIENCE}
        found = list(await session.scalars(ids, given))
    for id_ in found:
        try:
            await _ended(context, id_, now)
        except (Busy, Conflict) as error:  # the next time may do
            logger.warning("subscription %s goes on: %s", id_, error)
    return {"subscriptions": len(found)}


async def leave(context: Context, job: Job) -> None:
    """End what somebody has who is to be deleted, so that nobody pays for it."""
    theirs = PlanSubscription.owner_id == UUID(job.arguments["user_id"])
    live = visible(SYSTEM, PlanSubscription).where(
        theirs, PlanSubscription.status.in_(LIVE)
    )
    async with context.database.read() as session:
        row = await session.scalar(live)
    if row is not None:
        await _ended(context, row.id, utcnow())


async def _ended(context: Context, id_: UUID, now: datetime) -> None:
    await paying.stop(context, id_)

    async def work(write: Transaction) -> None:
        user, row = await held(write, id_)
        if row.status in LIVE:
            end(row, user, min(now, row.ends_at or now))
            await events.conclude(write, ACTION, row)

    await context.written(work)
