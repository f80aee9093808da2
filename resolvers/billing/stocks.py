"""What there may be so many of at a time; beyond that it is only read and deleted."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from db.base import utcnow
from db.models import Dataset, Model, User
from resolvers.access import Actor, changeable, visible
from resolvers.allowances import Allowance, LimitScope
from resolvers.billing import terms
from resolvers.billing.limits import LimitReached
from resolvers.billing.terms import Terms
from resolvers.billing.usage import Asked
from resolvers.writes import ID, Transaction

KEPT: Mapping[Any, str] = {Dataset: "datasets_kept", Model: "models_kept"}
"""What is limited so, and under which name in a plan's limits."""
READ_ONLY = "this can be read and deleted, and not be changed: "


async def room(write: Transaction, model: Any, *field: str) -> None:
    """Raises LimitReached where there are as many rows as the actor may have at a time.

    Where there is a limit the actor's own row is locked, so that each write counts what
    those before it made. Call it before anything else is locked.
    """
    mine = await terms.held(write, utcnow())
    limit = mine.limits.get(KEPT[model])
    if limit is None:
        return
    await write.run(_locked)
    [(there,)] = await write.run(_counted, model)
    if there >= limit:
        offered = await terms.offers(write)
        raise LimitReached(_allowance(model, mine, offered, there), *field)


async def writable(write: Transaction, model: Any, id_: UUID, *field: str) -> None:
    """Raises LimitReached for a row beyond what the actor may have at a time.

    After a downgrade the oldest rows stay what they were, as many as there may be. The
    others can be read and deleted, and not be changed.
    """
    mine = await terms.held(write, utcnow())
    limit = mine.limits.get(KEPT[model])
    if limit is None:
        return
    [(older,)] = await write.run(_older, model, id=id_)
    if older >= limit:
        offered = await terms.offers(write)
        [(there,)] = await write.run(_counted, model)
        kept = _allowance(model, mine, offered, there)
        raise LimitReached(kept, *field, before=READ_ONLY)


async def of_stocks(asked: Asked) -> list[Allowance]:
    """The limits of what is there at a time, where there are any."""
    limited = [model for model, name in KEPT.items() if name in asked.mine.limits]
    return [
        _allowance(model, asked.mine, asked.offered, await _there(asked, model))
        for model in limited
    ]


def _allowance(
    model: Any, mine: Terms, offered: Sequence[Terms], there: int
) -> Allowance:
    name = KEPT[model]
    limit, more = mine.limits.get(name), mine.upgrade(name, offered)
    return Allowance(LimitScope.STOCK, name, limit, there, None, mine.tier, more)


async def _there(asked: Asked, model: Any) -> int:
    theirs = visible(asked.context.actor, model).where(model.owner_id == asked.user_id)
    count = theirs.with_only_columns(sa.func.count(model.id))
    return (await asked.session.execute(count)).scalar_one()


def _locked(actor: Actor) -> sa.Select[UUID]:
    """The actor's own row, in a mode that keys which refer to it do not wait for."""
    mine = changeable(actor, User).with_only_columns(User.id)
    return mine.with_for_update(key_share=True)


def _counted(actor: Actor, model: Any) -> sa.Select[int]:
    return changeable(actor, model).with_only_columns(sa.func.count(model.id))


def _older(actor: Actor, model: Any) -> sa.Select[int]:
    return _counted(actor, model).where(model.id < ID)
