"""What a user's kept events tell: in order, without gaps, from any of them on."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from resolvers.access import require_user
from resolvers.context import Context
from resolvers.errors import BadRequest
from resolvers.news import Event
from resolvers.sources import Beginning, Source, Told

T = TypeVar("T")
Seen = Callable[[Event], Awaitable[T | None]]
"""From an event to what is told of it, if anything is."""


def follow(
    context: Context, topics: Sequence[str], after: str | None, seen: Seen[T]
) -> Source[T]:
    """The actor's kept events of some topics, from now on or after a cursor."""
    tail = context.equipment.tail

    async def begin() -> Beginning:
        owner = require_user(context.actor)
        place = None if after is None else _read(after)
        async with tail.following(owner) as log:
            if place is None:
                return Beginning(log.last, log.last)
            if place > log.last:
                await tail.look([owner])
            if place > log.last:
                said = f"{after!r} is ahead of all events; begin without it"
                raise BadRequest(said)
            return Beginning(place, log.last)

    async def told(place: int) -> Told[T]:
        async with tail.following(require_user(context.actor)) as log:
            while True:
                for event in await tail.after(log, place):
                    place = event.seq
                    yield place, await seen(event) if event.topic in topics else None

    return Source(begin, told)


def cursor(place: int) -> str:
    """Where a client goes on after what was told at this place."""
    return str(place)


def _read(after: str) -> int:
    if not after.isdecimal() or len(after) > 18:
        raise BadRequest(f"no cursor of these events is {after!r}")
    return int(after)
