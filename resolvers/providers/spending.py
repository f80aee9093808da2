"""Money is set aside before an AI provider is called, and counted after."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from db import rows
from db.base import utcnow
from db.models import ProviderReservation, ProviderUsage, User
from db.types import Money, millionths
from resolvers.access import (
    SYSTEM,
    Actor,
    Permission,
    changeable,
    require,
    require_user,
    visible,
)
from resolvers.allowances import MONEY, Allowance, LimitScope
from resolvers.billing.limits import LimitReached
from resolvers.errors import Conflict, Missing
from resolvers.providers import costalerts, totals
from resolvers.providers.calls import COST, Called, Spent, money
from resolvers.writes import ID, Transaction

LIFETIME = timedelta(minutes=10)
"""How long money is set aside for a call that nobody speaks of again."""
COUNTED = ("requests_count", "tokens_input", "tokens_output", "cost_usd")


async def reserve(
    write: Transaction, called: Called, cost: Decimal
) -> ProviderReservation:
    """Set aside the most that a call may cost. Raises LimitReached.

    One statement decides. What is set aside counts until it is settled or expires.
    """
    owner_id = await _turn(write)
    called, now = called.checked(), utcnow()
    row = ProviderReservation(
        owner_id=owner_id,
        provider=called.provider,
        model=called.model,
        date=totals.today(now),
        amount=money(cost, COST, "cost"),
        expires_at=now + LIFETIME,
    )
    about = {"whose": owner_id, "now": now, **totals.span(row.date)}
    if not await write.run(_reserving, **rows.completed(row), **about):
        refusing = await _refusing(write, row, now)
        raise LimitReached(refusing, *["cost"] * (refusing.scope in MONEY))
    for name in ("provider", "model", "amount"):
        write.note(row, name, None, getattr(row, name))
    return row


async def settle(write: Transaction, id_: UUID, spent: Spent) -> ProviderReservation:
    """Say what a call cost, once. That it comes late is counted all the same."""
    owner_id = await _turn(write)
    spent = spent.checked()
    found = await write.take(ProviderReservation, _own, id=id_, whose=owner_id)
    if not found:
        raise Missing("no ProviderReservation has this id", "id")
    [row] = found
    if row.settled_at is not None:
        raise Conflict(f"it was settled before, with {row.actual} USD", "id")
    row.settled_at, row.actual = utcnow(), spent.cost
    await _count(write, Called(row.provider, row.model), row.date, spent)
    return row


async def add(write: Transaction, called: Called, spent: Spent) -> ProviderUsage:
    """Count what was spent without being set aside; limits do not refuse it."""
    await _turn(write)
    called, today = called.checked(), totals.today(utcnow())
    return await _count(write, called, today, spent.checked())


async def _turn(write: Transaction) -> UUID:
    """Have the actor's writes of this kind take turns; gives whose they are."""
    owner_id = require(write.actor, Permission.CALL_PROVIDERS)
    await write.run(_locked, whose=owner_id)
    return owner_id


async def _refusing(
    write: Transaction, row: ProviderReservation, now: datetime
) -> Allowance:
    """The first limit that a call is beyond."""
    of = await totals.of_day(write, row.owner_id, row.date, now)
    more = _more(millionths(row.amount))
    limits = of.allowances(row.date)
    return next(one for one in limits if one.used + more[one.scope] > (one.limit or 0))


async def _count(
    write: Transaction, called: Called, day: date, spent: Spent
) -> ProviderUsage:
    """Add to a day's usage, and tell of the thresholds that it reaches."""
    new = ProviderUsage(
        owner_id=require_user(write.actor),
        provider=called.provider,
        model=called.model,
        date=day,
        requests_count=spent.requests,
        tokens_input=spent.tokens_input,
        tokens_output=spent.tokens_output,
        cost_usd=spent.cost,
    )
    values = rows.completed(new)
    [found] = await write.run(_counting, write.writing.dialect, **values)
    usage = rows.loaded(ProviderUsage, found)
    for name in COUNTED:
        now = getattr(usage, name)
        write.note(usage, name, now - getattr(new, name), now)
    await costalerts.tell(write, usage.owner_id, day)
    return usage


def _more(amount: Any) -> Mapping[LimitScope, Any]:
    """What a call adds to each that is limited."""
    return {scope: amount if scope in MONEY else 1 for scope in totals.LIMITS}


def _locked(_: Actor) -> Any:
    """Of the user's row no more is locked than what refers to it leaves free."""
    mine = visible(SYSTEM, User).where(User.id == totals.WHOSE)
    return mine.with_only_columns(User.id).with_for_update(key_share=True)


def _own(actor: Actor) -> Any:
    mine = changeable(actor, ProviderReservation).where(ProviderReservation.id == ID)
    own = mine.where(ProviderReservation.owner_id == totals.WHOSE)
    return own.with_for_update()


def _reserving(_: Actor) -> Any:
    """Store a reservation, if what is spent and set aside leaves room for it."""
    columns = [one.columns[0] for one in sa.inspect(ProviderReservation).column_attrs]
    given = [sa.bindparam(one.name, type_=one.type) for one in columns]
    amount = sa.bindparam("amount", type_=Money())
    fits = totals.fitting(_more(amount)).with_only_columns(*given)
    names = [one.name for one in columns]
    stored = sa.insert(ProviderReservation).from_select(names, fits)
    return stored.returning(ProviderReservation.id)


def _counting(_: Actor, dialect: str) -> Any:
    speech: Any = {"postgresql": postgresql, "sqlite": sqlite}[dialect]
    insert, usage = speech.insert(ProviderUsage), ProviderUsage
    more = {name: getattr(usage, name) + insert.excluded[name] for name in COUNTED}
    changed = {"version": usage.version + 1, "updated_at": insert.excluded.updated_at}
    unique = ("owner_id", "provider", "model", "date")
    upsert = insert.on_conflict_do_update(index_elements=unique, set_=more | changed)
    return upsert.returning(ProviderUsage)
