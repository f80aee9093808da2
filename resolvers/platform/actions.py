"""Actions: one transaction, one entry of the audit, and refusals as data."""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from db.base import Base
from resolvers.audit import entries
from resolvers.context import Context
from resolvers.errors import (
    Busy,
    RateLimited,
    Refusal,
    Unauthenticated,
    UnknownOutcome,
)
from resolvers.platform import events, idempotency
from resolvers.writes import Transaction

P = ParamSpec("P")
DoneT = TypeVar("DoneT")
UNTOLD = (Unauthenticated, RateLimited, Busy, UnknownOutcome)
"""Denials that are nobody's act; were they written down, they would fill the log."""


@dataclass(frozen=True, slots=True)
class Done:
    """What came of an action: its row, or why it was refused."""

    row: Any = None
    refusal: Refusal | None = None
    replayed: bool = False
    """Whether it took effect before, under the same key."""


async def act(
    context: Context,
    name: str,
    key: str | None,
    action: Callable[Concatenate[Transaction, P], Awaitable[Any]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Done:
    """Run an action, write it down and commit. Under a key it takes effect once.

    One entry of the audit log comes of it: of success with the change, or of failure;
    none where nobody acted, lest strangers fill the log.
    """

    def given() -> dict[str, Any]:
        return inspect.signature(action).bind(None, *args, **kwargs).arguments

    async def work(write: Transaction) -> Any:
        mine = key is not None and await idempotency.claim(write, name, key, given())
        came = await action(write, *args, **kwargs)
        row = came if isinstance(came, Base) else None
        if isinstance(mine, UUID):
            await idempotency.settle(write, mine, row)
        await events.conclude(write, name, row, status=write.outcome)
        return came

    return await accounted(context, name, _once(context, name, key, given, work), given)


async def accounted(
    context: Context,
    name: str,
    work: Awaitable[DoneT],
    given: Callable[[], dict[str, Any]] = dict[str, Any],
) -> DoneT | Done:
    """What a part of an action gives. That it fails is written down, and why.

    It is for what an action has to know before it writes; `act` does it for the rest.
    """
    try:
        return await work
    except UNTOLD:
        raise
    except Exception as error:
        refusal = await _refused(context, name, error, given())
        if not isinstance(error, Refusal):
            raise
        return refusal


async def _once(
    context: Context,
    name: str,
    key: str | None,
    given: Callable[[], dict[str, Any]],
    work: Callable[[Transaction], Awaitable[Any]],
) -> Done:
    try:
        return Done(await context.written(work))
    except idempotency.Replayed:
        again = await idempotency.replayed(context, name, key or "", given())
        await context.database.settled()  # the first may still wait for that
        return Done(again, replayed=True)


async def _refused(
    context: Context, name: str, error: Exception, given: dict[str, Any]
) -> Done:
    code = getattr(error, "code", "INTERNAL")
    await entries.refused(context, name, str(code), _ids(given))
    return Done(refusal=error if isinstance(error, Refusal) else None)


def _ids(given: dict[str, Any]) -> dict[str, str]:
    """The ids among what an action was given, by the names of its arguments.

    They are spelt as in the keys of a payload, so that one search finds both.
    """
    ids = {name: one for name, one in given.items() if isinstance(one, UUID)}
    return {name.rstrip("_"): one.hex for name, one in ids.items()}
